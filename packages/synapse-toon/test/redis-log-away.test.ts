import { setTimeout as sleep } from 'node:timers/promises'
import { Redis, type RedisOptions } from 'ioredis'
import { createRedisLog } from 'synapse-toon/redis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenToWarnings } from './process-events.ts'
import {
  append,
  expectNoStrays,
  expectWhole,
  finish,
  follow,
  produce,
  range,
  seqsOf,
} from './redis-log-follow.ts'
import { done, openKnown, readFrom, startLog, untilAsked, update } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'

/** Short, but longer than a restart takes. */
const LEASE_MS = 1_500

/** For what counts warnings, and minds no lost producer. */
const SHORT_LEASE_MS = 500

describe('a Redis that is away', () => {
  it('keeps nobody from reading on in the process of the producer', async () => {
    expectNoStrays()
    const server = await startRedis()
    const { log } = startLog(server.url)
    const { writer, told } = await produce(log)
    await server.kill()
    const follower = follow(await openKnown(log, 'stream'))
    for (let n = 0; n < 100; n++) {
      writer.append(update(n + 1))
      expect(follower.records).toHaveLength(n + 1)
    }
    writer.append(done(101))
    expect(follower.reader.ended).toBe(true)
    expect(await log.open('stream')).toBe(writer)
    expect(told.lost).toBe(0)
  })

  it('gets what was appended meanwhile, and readers elsewhere get it too', async () => {
    expectNoStrays()
    const server = await startRedis({ durable: true })
    const logs = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const { writer, told } = await produce(logs[0]!)
    const quiet = await produce(logs[0]!, 'quiet')
    const followers = await Promise.all(
      logs.map(async (log) => follow(await openKnown(log, 'stream'))),
    )
    for (let round = 0; round < 3; round++) {
      await append(writer, 50)
      await server.kill()
      await append(writer, 50)
      await server.restart()
      await append(writer, 50)
    }
    await finish(writer, followers)
    for (const follower of followers) expectWhole(follower, writer)
    const { log } = startLog(server.url)
    expect(seqsOf(await readFrom(await openKnown(log, 'stream')))).toEqual(range(1, 451))
    expect([told.lost, quiet.told.lost]).toEqual([0, 0])
    expect((await openKnown(log, 'quiet')).ended).toBe(false)
  }, 60_000)

  it('refuses what is new within 5 s, whatever the options of the client are', async () => {
    expectNoStrays()
    const server = await startRedis()
    const variants: RedisOptions[] = [
      {},
      { maxRetriesPerRequest: null },
      { maxRetriesPerRequest: 0 },
      { enableOfflineQueue: false },
      { autoResendUnfulfilledCommands: false, maxRetriesPerRequest: null },
      { lazyConnect: true, maxRetriesPerRequest: null },
      { retryStrategy: () => null },
      { retryStrategy: () => 60_000, maxRetriesPerRequest: null },
      { commandTimeout: 100 },
      { protocol: 2 },
    ]
    const processes = variants.map((options) => {
      const redis = new Redis(server.url, options)
      redis.on('error', () => {})
      return { redis, log: createRedisLog({ redis, leaseMs: 60_000 }) }
    })
    onTestFinished(async () => {
      await Promise.all(processes.map(async ({ log }) => log.close()))
      for (const { redis } of processes) redis.disconnect()
    })
    const logs = processes.map(({ log }) => log)
    for (const [n, log] of logs.entries()) {
      const { writer } = await produce(log, `${n}`)
      await append(writer, 1)
      await writer.flushed()
    }
    await server.kill()
    const start = performance.now()
    const refusals = await Promise.allSettled(
      logs
        .flatMap(async (log) => [
          Promise.resolve(log.open('other')),
          Promise.resolve(log.create('other', { principal: undefined })),
          Promise.resolve(log.claim('name', 'value', 1000)),
          Promise.resolve(log.cancel('other')),
        ])
        .map(async (calls) => Promise.allSettled(await calls)),
    )
    expect(performance.now() - start).toBeLessThan(8_000)
    const all = refusals.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    expect(all).toHaveLength(4 * variants.length)
    for (const one of all) {
      expect(one).toMatchObject({
        status: 'rejected',
        reason: { code: 'ERR_SYNAPSE_LOG_AWAY', status: 503, retryAfter: 1 },
      })
      expect(String((one as PromiseRejectedResult).reason.message)).not.toContain('127.0.0.1')
    }
  }, 30_000)

  it('refuses in time on a connection that is open and says nothing', async () => {
    const server = await startRedis()
    const { log } = startLog(server.url, { leaseMs: 60_000 })
    await log.open('unknown')
    process.kill(server.pid, 'SIGSTOP')
    const start = performance.now()
    await expect(log.open('other')).rejects.toMatchObject({ status: 503 })
    expect(performance.now() - start).toBeLessThan(8_000)
    process.kill(server.pid, 'SIGCONT')
    expect(await log.open('other')).toBeUndefined()
  }, 30_000)

  it('and one that is full gets what was appended when there is room again', async () => {
    const server = await startRedis()
    const [a, b] = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const { writer, told } = await produce(a!)
    const follower = follow(await openKnown(b!, 'stream'))
    await append(writer, 10)
    await writer.flushed()
    await server.redis.config('SET', 'maxmemory', '1')
    await append(writer, 10)
    await expect(a!.create('other', { principal: undefined })).rejects.toMatchObject({
      status: 503,
      cause: { message: expect.stringContaining('OOM') },
    })
    expect(await server.redis.xlen('{synapse-toon:stream}:records')).toBe(10)
    await server.redis.config('SET', 'maxmemory', '0')
    await finish(writer, [follower])
    expectWhole(follower, writer)
    expect(told.lost).toBe(0)
  })

  it('is one warning, however many streams and calls find it out', async () => {
    const warnings = listenToWarnings()
    const server = await startRedis({ durable: true })
    const { log } = startLog(server.url, { leaseMs: SHORT_LEASE_MS })
    const other = startLog(server.url, { leaseMs: SHORT_LEASE_MS })
    const produced = await Promise.all(range(1, 30).map((n) => produce(log, `${n}`)))
    for (let outage = 1; outage <= 2; outage++) {
      await server.kill()
      for (const { writer } of produced) await append(writer, 1)
      await sleep(500)
      await server.restart()
      await Promise.all(produced.map(async ({ writer }) => writer.flushed()))
      await untilAsked(async () => (await other.log.open('1')) !== undefined, 'both are back')
      await sleep(SHORT_LEASE_MS)
    }
    // Each of the two logs says it; one that has nothing to do may not have noticed.
    const said = (await warnings()).filter((code) => code === 'SYNAPSE_LOG')
    expect(said.length).toBeGreaterThanOrEqual(2)
    expect(said.length).toBeLessThanOrEqual(4)
  }, 30_000)

  it('holds up close for 2 s at most', async () => {
    const server = await startRedis()
    const { log } = startLog(server.url)
    const { writer } = await produce(log)
    await append(writer, 3)
    await writer.flushed()
    await server.kill()
    await append(writer, 3)
    const start = performance.now()
    await log.close()
    expect(performance.now() - start).toBeLessThan(4_000)
    await expect(log.open('stream')).rejects.toMatchObject({ status: 503 })
  }, 30_000)
})
