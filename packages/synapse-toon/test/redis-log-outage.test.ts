import { setTimeout as sleep } from 'node:timers/promises'
import { Redis, type RedisOptions } from 'ioredis'
import type { LogWriter, StreamLog } from 'synapse-toon'
import { createRedisLog } from 'synapse-toon/redis'
import { createFaultProxy } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenToStrays, listenToWarnings } from './process-events.ts'
import {
  done,
  type Follower,
  follow,
  openKnown,
  readFrom,
  startLog,
  untilAsked,
  update,
} from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

/** Short, but longer than a restart takes. */
const LEASE_MS = 1_500

async function produce(log: StreamLog, streamId = 'stream') {
  const writer = await log.create(streamId, { principal: 'ann' })
  const told = { cancel: 0, lost: 0 }
  writer.listen({ onRoom() {}, onCancel: () => told.cancel++, onLost: () => told.lost++ })
  return { writer, told }
}

/** Some at once, then some more in later turns. */
async function append(writer: LogWriter, count: number, text?: string): Promise<void> {
  for (let n = 0; n < count; n++) {
    writer.append(update(writer.lastSeq + 1, text))
    if (n % 5 === 4) await sleep(1)
  }
}

/** Ends the stream, and waits until all followers have it. */
async function finish(writer: LogWriter, followers: readonly Follower[]): Promise<void> {
  writer.append(done(writer.lastSeq + 1))
  const all = () => followers.every(({ records }) => records.at(-1)?.event === 'done')
  await until(all, 'everybody has the end', 15_000)
}

/** Everybody reads everything. */
async function followAll(
  logs: readonly StreamLog[],
  produced: readonly { readonly writer: LogWriter }[],
): Promise<Follower[]> {
  const followers: Follower[] = []
  for (const log of logs) {
    for (const { writer } of produced) followers.push(follow(await openKnown(log, writer.streamId)))
  }
  return followers
}

/** All reach the end that their producers gave them. */
async function expectEnds(
  followers: readonly Follower[],
  produced: readonly { readonly told: { readonly lost: number } }[],
  lastSeq: number,
): Promise<void> {
  const all = () => followers.every(({ reader }) => reader.ended)
  await until(all, 'everybody has the end', 10_000)
  for (const { records } of followers) expect(seqsOf(records)).toEqual(range(1, lastSeq))
  for (const { told } of produced) expect(told.lost).toBe(0)
}

const seqsOf = (records: readonly { seq: number }[]) => records.map(({ seq }) => seq)

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n)

/** Every record once, in order, and announced so. */
function expectWhole(follower: Follower, writer: LogWriter): void {
  const { records, heard } = follower
  expect(seqsOf(records)).toEqual(range(1, writer.lastSeq))
  expect(heard).toEqual(range(heard[0]!, writer.lastSeq))
}

/** Fails the test on an error that nobody caught. */
function expectNoStrays(): void {
  const strays = listenToStrays()
  onTestFinished(async () => expect(await strays()).toEqual([]))
}

describe('connections that are cut', () => {
  it('lose and double nothing, however often, for the readers of any process', async () => {
    expectNoStrays()
    const warnings = listenToWarnings()
    const server = await startRedis()
    const logs = [1, 2, 3].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const { writer, told } = await produce(logs[0]!)
    const followers: Follower[] = []
    let killed = 0
    for (let round = 0; round < 12; round++) {
      for (const log of logs) {
        if (round % 4 === 0) followers.push(follow(await openKnown(log, 'stream')))
      }
      await append(writer, 20)
      killed += await server.clientKill()
      await append(writer, 10)
    }
    await finish(writer, followers)
    for (const follower of followers) expectWhole(follower, writer)
    expect(followers).toHaveLength(9)
    expect(told.lost).toBe(0)
    // Each log has two connections; some were cut before they were back.
    expect(killed).toBeGreaterThan(15)
    expect(await warnings()).toEqual([])
    const { log } = startLog(server.url)
    expect(seqsOf(await readFrom(await openKnown(log, 'stream')))).toEqual(range(1, 361))
  }, 60_000)

  it('are made anew where one is dead without saying so', async () => {
    const server = await startRedis()
    const proxy = await createFaultProxy({ target: server })
    onTestFinished(() => proxy.close())
    const a = startLog(server.url, { leaseMs: 600 })
    const b = startLog(proxy.url.replace('http', 'redis'), { leaseMs: 600 })
    const { writer } = await produce(a.log)
    const follower = follow(await openKnown(b.log, 'stream'))
    await append(writer, 1)
    await until(() => follower.records.length === 1, 'messages come')
    // The client came first.
    const [, messages] = proxy.connections
    messages!.apply({ stall: true })
    await append(writer, 5)
    await until(() => follower.records.length === 6, 'it looks for itself')
    await until(() => proxy.total === 3, 'there is a new connection')
    await append(writer, 5)
    await finish(writer, [follower])
    expectWhole(follower, writer)
  })
})

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

  it('for longer than a lease takes no producer for lost that is back later than its readers', async () => {
    const server = await startRedis({ durable: true })
    const leaseMs = 900
    const { log } = startLog(server.url, { leaseMs }, 400)
    const others = [1, 2].map(() => startLog(server.url, { leaseMs }).log)
    const produced = await Promise.all(range(1, 20).map((n) => produce(log, `${n}`)))
    const followers = await followAll(others, produced)
    for (const { writer } of produced) await append(writer, 3)
    await server.kill()
    for (const { writer } of produced) await append(writer, 3)
    await sleep(2 * leaseMs)
    await server.restart()
    for (const { writer } of produced) writer.append(done(7))
    await expectEnds(followers, produced, 7)
  }, 30_000)

  it('and stood still for longer than a lease takes no producer for lost either', async () => {
    const server = await startRedis()
    const leaseMs = 900
    const { log, freeze } = startLog(server.url, { leaseMs })
    const others = [1, 2].map(() => startLog(server.url, { leaseMs }).log)
    const produced = await Promise.all(range(1, 20).map((n) => produce(log, `${n}`)))
    const followers = await followAll(others, produced)
    process.kill(server.pid, 'SIGSTOP')
    // Looks of readers are on their way now; what the producer has to say comes after them.
    const thaw = freeze()
    await sleep(2 * leaseMs)
    for (const { writer } of produced) await append(writer, 2)
    process.kill(server.pid, 'SIGCONT')
    await sleep(100)
    thaw()
    for (const { writer } of produced) writer.append(done(3))
    await expectEnds(followers, produced, 3)
  }, 30_000)

  it('is judged by no look that comes late itself', async () => {
    const server = await startRedis()
    const leaseMs = 500
    const a = startLog(server.url, { leaseMs })
    const b = startLog(server.url, { leaseMs })
    await produce(a.log)
    await openKnown(b.log, 'stream')
    const thaw = b.freeze()
    const opening = openKnown(b.log, 'stream')
    a.redis.disconnect()
    await sleep(leaseMs)
    thaw()
    const reader = await opening
    expect(reader.ended).toBe(false)
    reader.subscribe(() => {})
    await until(() => reader.ended, 'a later one finds it')
  })

  it('for too long ends the stream for its producer, and then for readers elsewhere', async () => {
    const server = await startRedis({ durable: true })
    const a = startLog(server.url, { leaseMs: 300, outageFor: 500 })
    const b = startLog(server.url, { leaseMs: 300 })
    const { writer, told } = await produce(a.log)
    await append(writer, 3)
    await writer.flushed()
    const here = follow(writer)
    const there = follow(await openKnown(b.log, 'stream'))
    await server.kill()
    await append(writer, 3)
    await until(() => told.lost === 1, 'it is given up', 10_000)
    await writer.flushed()
    writer.append(done(7))
    expect(seqsOf(here.records)).toEqual(range(1, 7))
    await server.restart()
    await until(() => there.reader.ended, 'the end is announced', 10_000)
    expect(seqsOf(there.records)).toEqual(range(1, 4))
    expect(JSON.parse(there.records[3]!.json).code).toBe('producer-lost')
    expect(told.lost).toBe(1)
  }, 30_000)

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
    const { log } = startLog(server.url, { leaseMs: LEASE_MS })
    const other = startLog(server.url, { leaseMs: LEASE_MS })
    const produced = await Promise.all(range(1, 30).map((n) => produce(log, `${n}`)))
    for (let outage = 1; outage <= 2; outage++) {
      await server.kill()
      for (const { writer } of produced) await append(writer, 1)
      await sleep(500)
      await server.restart()
      await Promise.all(produced.map(async ({ writer }) => writer.flushed()))
      await untilAsked(async () => (await other.log.open('1')) !== undefined, 'both are back')
      await sleep(LEASE_MS)
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

describe('a Redis that comes back without its data', () => {
  it('gets all that the producer still holds: nobody misses anything', async () => {
    expectNoStrays()
    const warnings = listenToWarnings()
    const server = await startRedis()
    const logs = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const produced = await Promise.all(['stream', 'quiet'].map((id) => produce(logs[0]!, id)))
    const followers = await Promise.all(
      logs.flatMap((log) =>
        produced.map(async ({ writer }) => follow(await openKnown(log, writer.streamId))),
      ),
    )
    const [{ writer }, quiet] = produced as [(typeof produced)[0], (typeof produced)[0]]
    await append(writer, 100)
    await append(quiet.writer, 10)
    for (let restart = 0; restart < 2; restart++) {
      await writer.flushed()
      await server.kill()
      await server.restart()
      // While it is quiet, only the renewals can find out.
      await untilAsked(
        async () => (await server.redis.exists('{synapse-toon:quiet}:meta')) === 1,
        'it is made anew',
      )
      await append(writer, 50)
    }
    const { log } = startLog(server.url)
    await untilAsked(
      async () => (await openKnown(log, 'quiet')).lastSeq === 10,
      'all is there again',
    )
    for (const one of produced) {
      await finish(
        one.writer,
        followers.filter(({ reader }) => reader.streamId === one.writer.streamId),
      )
      const again = await openKnown(log, one.writer.streamId)
      expect(again.principal).toBe('ann')
      expect(seqsOf(await readFrom(again))).toEqual(range(1, one.writer.lastSeq))
    }
    for (const follower of followers) {
      const owner = produced.find((one) => one.writer.streamId === follower.reader.streamId)!
      expectWhole(follower, owner.writer)
      expect(owner.told.lost).toBe(0)
    }
    expect((await warnings()).filter((code) => code === 'SYNAPSE_LOG').length).toBeGreaterThan(0)
  }, 60_000)

  it('has a hole where nobody holds the records any more: reading begins behind it', async () => {
    const server = await startRedis()
    const logs = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const { writer, told } = await produce(logs[0]!)
    const follower = follow(await openKnown(logs[1]!, 'stream'))
    for (let n = 0; n < 60; n++) {
      await append(writer, 10, 'x'.repeat(1_000))
      await writer.flushed()
    }
    await until(() => follower.records.length === 600, 'all is read')
    await server.kill()
    await server.restart()
    await append(writer, 10)
    await finish(writer, [follower])
    // Who was there has it all.
    expectWhole(follower, writer)
    const late = await openKnown(startLog(server.url).log, 'stream')
    const records = await readFrom(late)
    const from = records[0]!.seq
    expect(from).toBeGreaterThan(300)
    expect(from).toBeLessThan(600)
    expect(seqsOf(records)).toEqual(range(from, 611))
    expect(late).toMatchObject({ firstSeq: from, lastSeq: 611, ended: true, bytes: writer.bytes })
    expect(told.lost).toBe(0)
  }, 30_000)

  it('and without the producer ends the stream for those who knew it, all at one position', async () => {
    const server = await startRedis()
    const leaseMs = 400
    const [a, b, c] = [1, 2, 3].map(() => startLog(server.url, { leaseMs }))
    const { writer } = await produce(a!.log)
    await append(writer, 5)
    await writer.flushed()
    const followers = await Promise.all(
      [b!, c!].map(async ({ log }) => follow(await openKnown(log, 'stream'))),
    )
    await until(() => followers.every(({ records }) => records.length === 5), 'all is read')
    a!.redis.disconnect()
    await server.kill()
    await server.restart()
    await until(() => followers.every(({ reader }) => reader.ended), 'the end is announced', 10_000)
    for (const { records } of followers) {
      expect(seqsOf(records)).toEqual(range(1, 6))
      expect(JSON.parse(records[5]!.json).code).toBe('producer-lost')
    }
    const late = await openKnown(startLog(server.url).log, 'stream')
    expect(late).toMatchObject({ firstSeq: 6, lastSeq: 6, ended: true, principal: 'ann' })
    await expect(a!.log.create('stream', { principal: undefined })).rejects.toMatchObject({
      status: 503,
    })
  }, 30_000)
})
