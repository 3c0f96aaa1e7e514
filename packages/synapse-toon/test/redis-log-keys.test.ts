import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { LogWriter } from 'synapse-toon'
import { createRedisLog, type RedisLogOptions } from 'synapse-toon/redis'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as allScripts from '../src/log/redis-scripts.ts'
import { startProcess } from './child-process-kit.ts'
import { freePort } from './free-port.ts'
import { done, openKnown, readFrom, startLog, untilAsked, update } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'

const IDS = ['stream', 'a{b}c', '}{', '', '東京']

/** Does everything that a log can do, so that every script runs: nine of them. */
async function useAll(url: string, options: Partial<RedisLogOptions> = {}): Promise<void> {
  const leaseMs = 400
  const a = startLog(url, { ...options, leaseMs })
  const b = startLog(url, { ...options, leaseMs })
  for (const streamId of IDS) {
    const writer = await a.log.create(streamId, { principal: 'ann', maxBytes: 2_000 })
    writer.listen({ onRoom() {}, onCancel() {}, onLost() {} })
    const reader = await openKnown(b.log, streamId)
    const leave = reader.subscribe({ onAppend: () => {} })
    for (let seq = 1; seq <= 60; seq++) {
      writer.append(update(seq, 'x'.repeat(100)))
      if (seq % 10 === 0) await writer.flushed()
    }
    expect(writer.firstSeq).toBeGreaterThan(1)
    await untilAsked(() => reader.lastSeq === 60, 'messages came')
    await untilAsked(async () => (await writer.readers()) === 1, 'it is counted')
    leave()
    await untilAsked(async () => (await writer.readers()) === 0, 'it has left')
    await reader.load(1)
    await b.log.cancel(streamId)
    await b.log.claim(streamId, 'value', 60_000)
  }
  // One is ended by its producer, one on close, one by its readers, and one is forgotten by Redis.
  const [first, second] = await Promise.all(IDS.map((id) => a.log.open(id)))
  const writer = first as LogWriter
  writer.append(done(61))
  await writer.flushed()
  const reader = await openKnown(b.log, second!.streamId)
  reader.subscribe({ onAppend: () => {} })
  const { keyPrefix = '', db = 0 } = b.redis.options
  const admin = new Redis(url, { db })
  onTestFinished(() => void admin.disconnect())
  await admin.ping()
  // At once, while the lease lasts: once it has run out, the stream is ended and not buried.
  a.redis.disconnect()
  const meta = `${keyPrefix}{${options.prefix ?? 'synapse-toon'}:${second!.streamId}}:meta`
  expect(await admin.del(meta)).toBe(1)
  await untilAsked(() => reader.ended, 'it is buried')
  for (const id of IDS) {
    await untilAsked(async () => (await openKnown(b.log, id)).ended, 'all have ended')
  }
  const c = startLog(url, { ...options, leaseMs })
  await c.log.create('running', { principal: undefined })
  await c.log.close()
}

describe('keys and channels', () => {
  it('of each script are declared, and on one slot of a cluster', async () => {
    const { url } = await startCluster()
    const watch = new Redis(url)
    const monitor = await watch.monitor()
    onTestFinished(() => {
      monitor.disconnect()
      watch.disconnect()
    })
    let declared: string[] = []
    const together = new Set<string>()
    const scripts = new Set<string>()
    const touched = new Set<string>()
    const wrong: string[] = []
    let isWatchedToTheEnd = false
    monitor.on('monitor', (_: string, [name, ...args]: string[], source: string) => {
      const command = name!.toLowerCase()
      if (command === 'echo') isWatchedToTheEnd = true
      if (command === 'evalsha' || command === 'eval') {
        scripts.add(args[0]!)
        declared = args.slice(2, 2 + Number(args[1]))
        together.add(JSON.stringify(declared))
      } else if (source === 'lua' && command !== 'time' && command !== 'publish') {
        const keys = command === 'del' ? args : args.slice(0, 1)
        for (const key of keys) {
          touched.add(key)
          if (!declared.includes(key)) wrong.push(`${command} ${key}, declared ${declared}`)
        }
      }
    })
    await useAll(url)
    // What is watched comes on a line of its own, and so may be behind the answers.
    await watch.echo('the end')
    await untilAsked(() => isWatchedToTheEnd, 'all was watched')
    expect(wrong).toEqual([])
    for (const keys of [...together].map((text) => JSON.parse(text) as string[])) {
      const slots = await Promise.all(keys.map((key) => watch.cluster('KEYSLOT', key)))
      expect(new Set(slots).size, `${keys}`).toBe(1)
    }
    expect(touched.size).toBeGreaterThan(10)
    // By name, and in full the first time: each of the ten.
    const known = Object.entries(allScripts).filter(([, value]) => typeof value === 'object')
    expect(known).toHaveLength(10)
    const missing = known.filter(([, { sha }]) => !scripts.has(sha)).map(([name]) => name)
    expect(missing).toEqual([])
  }, 30_000)

  it('work on a cluster, and leave nothing behind for ever', async () => {
    const { url } = await startCluster()
    await useAll(url, { keepFor: 30_000 })
    const redis = new Redis(url)
    onTestFinished(() => void redis.disconnect())
    for (const key of await redis.keys('*')) expect(await redis.pttl(key)).toBeGreaterThan(0)
  }, 30_000)

  it('expire as long after the end as they are to be kept', async () => {
    const { url, redis } = await startRedis()
    const { log } = startLog(url, { keepFor: 50_000, leaseMs: 60_000 })
    const writer = await log.create('stream', { principal: undefined })
    writer.append(update(1))
    await writer.flushed()
    const left = async () => Promise.all((await redis.keys('*')).map((key) => redis.pttl(key)))
    for (const ms of await left()) expect(ms).toBeGreaterThan(60_000)
    writer.append(done(2))
    await writer.flushed()
    expect(await left()).toHaveLength(2)
    for (const ms of await left()) {
      expect(ms).toBeGreaterThan(30_000)
      expect(ms).toBeLessThanOrEqual(50_000)
    }
  })

  it('begin with the prefix', async () => {
    const { url, redis } = await startRedis()
    await useAll(url, { prefix: 'mine' })
    const keys = await redis.keys('*')
    expect(keys.length).toBeGreaterThan(10)
    for (const key of keys) expect(key).toMatch(/^\{mine:/)
  }, 30_000)

  it('are kept apart by prefix, by database and by the prefix of the client', async () => {
    const { url } = await startRedis()
    const places = [
      { redis: new Redis(url), prefix: 'one' },
      { redis: new Redis(url), prefix: 'two' },
      { redis: new Redis(url, { db: 1 }), prefix: 'one' },
      { redis: new Redis(url, { keyPrefix: 'app:' }), prefix: 'one' },
    ]
    const pairs = await Promise.all(
      places.map(async ({ redis, prefix }, n) => {
        const [log, other] = [1, 2].map(() => createRedisLog({ redis, prefix, leaseMs: 60_000 }))
        onTestFinished(async () => {
          await Promise.all([log!.close(), other!.close()])
          redis.disconnect()
        })
        expect(await log!.claim('name', `${n}`, 60_000)).toBe(`${n}`)
        const writer = await log!.create('stream', { principal: `${n}` })
        const reader = await openKnown(other!, 'stream')
        reader.subscribe({ onAppend: () => {} })
        return { writer, reader, other: other! }
      }),
    )
    for (const [n, { writer }] of pairs.entries()) {
      for (let seq = 1; seq <= n + 1; seq++) writer.append(update(seq, `${n}`))
      await writer.flushed()
    }
    for (const [n, { reader, other }] of pairs.entries()) {
      await untilAsked(() => reader.lastSeq === n + 1, 'its messages came')
      expect(reader.principal).toBe(`${n}`)
      const records = await readFrom(await openKnown(other, 'stream'))
      expect(records).toEqual(records.map(({ seq }) => update(seq, `${n}`)))
      expect(await other.claim('name', 'other', 60_000)).toBe(`${n}`)
      await other.cancel('stream')
    }
  })
})

/** A cluster of one node: it refuses what would not work on one of many. */
async function startCluster(): Promise<{ url: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'synapse-cluster-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  args.push('--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`)
  const server = startProcess('redis-server', args)
  await server.line('Ready to accept connections')
  const url = `redis://127.0.0.1:${port}`
  const redis = new Redis(url)
  onTestFinished(() => void redis.disconnect())
  await redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await untilAsked(
    async () => String(await redis.cluster('INFO')).includes('cluster_state:ok'),
    'the cluster is there',
  )
  return { url }
}
