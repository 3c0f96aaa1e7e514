import type { LogReader, LogWriter, StreamLog } from 'synapse-toon'
import { describe, expect, it } from 'vitest'
import { done, openKnown, readFrom, startLog, untilAsked, update } from './redis-log-kit.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

const BATCHES = 200

/** So long that nothing is done at intervals while a test runs. */
const LEASE_MS = 600_000

async function appendBatch(writer: LogWriter, count: number): Promise<void> {
  for (let n = 0; n < count; n++) writer.append(update(writer.lastSeq + 1))
  await writer.flushed()
}

/** So many readers, who all ask at once and then follow. */
async function follow(log: StreamLog, streamId: string, count: number): Promise<LogReader[]> {
  const readers = await Promise.all(Array.from({ length: count }, () => openKnown(log, streamId)))
  for (const reader of readers) reader.subscribe({ onAppend: () => {} })
  return readers
}

/** What one stream of so many batches costs Redis while so many read it on each of two logs. */
async function costs(server: RedisServer, readersEach: number) {
  const options = { leaseMs: LEASE_MS, prefix: `with-${readersEach}` }
  const [producer, ...others] = [1, 2, 3].map(() => startLog(server.url, options).log)
  const writer = await producer!.create('stream', { principal: undefined })
  await appendBatch(writer, 3)
  const readers = await Promise.all(others.map((log) => follow(log, 'stream', readersEach)))
  await untilAsked(async () => (await writer.readers()) === 2 * readersEach, 'all are counted')
  await server.resetStats()
  for (let batch = 1; batch < BATCHES; batch++) await appendBatch(writer, 1 + (batch % 4))
  writer.append(done(writer.lastSeq + 1))
  await writer.flushed()
  const all = readers.flat()
  await until(() => all.every(({ ended }) => ended), 'all have the end')
  for (const reader of readers.map((some) => some[0]!)) {
    expect(await readFrom(reader)).toHaveLength(writer.lastSeq)
  }
  const { info: _, ...calls } = await server.commandCalls()
  return calls
}

describe('what the Redis log costs', () => {
  it('is one script call for each batch, however many read it on however many machines', async () => {
    const server = await startRedis()
    const withFew = await costs(server, 1)
    const withMany = await costs(server, 1_000)
    console.info(`commandstats of ${BATCHES} batches, 2 x 1,000 readers:`, withMany)
    // The test's own, and the two views that leave the channel at the end.
    const { 'config|resetstat': reset, unsubscribe, time, ...byScript } = withMany
    expect({ reset, unsubscribe }).toEqual({ reset: 1, unsubscribe: 2 })
    expect(time).toBe(BATCHES)
    expect(byScript).toEqual({
      ...{ evalsha: BATCHES, hmget: BATCHES, publish: BATCHES, xadd: expect.any(Number) },
      ...{ hset: expect.any(Number), pexpire: expect.any(Number) },
    })
    expect(withMany).toEqual(withFew)
  }, 60_000)

  it('is one connection for messages for each log, beside the client that it was given', async () => {
    const server = await startRedis()
    const logs = [1, 2, 3].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const clients = async () => {
      const list = String(await server.redis.client('LIST'))
        .trim()
        .split('\n')
      return { all: list.length, subscribed: list.filter((one) => / sub=[1-9]/.test(one)).length }
    }
    expect((await clients()).subscribed).toBe(0)
    const writers = await Promise.all(
      logs.flatMap((log, n) =>
        [1, 2, 3, 4].map(async (m) => log.create(`${n}.${m}`, { principal: undefined })),
      ),
    )
    for (const log of logs) for (const { streamId } of writers) await follow(log, streamId, 5)
    await untilAsked(async () => (await clients()).subscribed === logs.length, 'all have joined')
    expect(await clients()).toEqual({ all: 1 + 2 * logs.length, subscribed: logs.length })
    await logs[0]!.close()
    await untilAsked(async () => (await clients()).subscribed === 2, 'one is closed')
  })

  it('is one look for all who open a stream at once, and none where it is read already', async () => {
    const server = await startRedis()
    const [producer, other] = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const writer = await producer!.create('stream', { principal: undefined })
    await appendBatch(writer, 3)
    await other!.open('unknown')
    await server.resetStats()
    const readers = await Promise.all(Array.from({ length: 1_000 }, () => other!.open('stream')))
    expect(new Set(readers).size).toBe(1)
    readers[0]!.subscribe({ onAppend: () => {} })
    await untilAsked(async () => (await writer.readers()) === 1, 'it has joined')
    const { evalsha: before } = await server.commandCalls()
    for (let n = 0; n < 1_000; n++) expect(await other!.open('stream')).toBe(readers[0])
    const { evalsha: after } = await server.commandCalls()
    expect(after).toBe(before)
    expect(await producer!.open('stream')).toBe(writer)
  })

  it('is one read for each page, for 1,000 who come back at different positions', async () => {
    const server = await startRedis()
    const [producer, other] = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const writer = await producer!.create('stream', { principal: undefined })
    // 600 KiB: three pages, more than is held in memory.
    for (let n = 0; n < 600; n++) writer.append(update(n + 1, 'x'.repeat(1_000)))
    writer.append(done(601))
    await writer.flushed()
    for (const [log, readsOfOpen] of [
      [other!, 1],
      [producer!, 1],
    ] as const) {
      await log.open('unknown')
      await server.resetStats()
      const readers = await follow(log, 'stream', 1_000)
      const records = await Promise.all(readers.map((reader, n) => readFrom(reader, 1 + (n % 200))))
      for (const [n, some] of records.entries()) {
        expect(some.map(({ seq }) => seq)).toEqual(
          Array.from({ length: 601 - (n % 200) }, (_, m) => 1 + (n % 200) + m),
        )
      }
      const { evalsha = 0, xrange = 0 } = await server.commandCalls()
      console.info(`1,000 replays of 3 pages: ${evalsha} script calls, ${xrange} ranges`)
      expect(evalsha).toBeLessThanOrEqual(readsOfOpen + 4)
    }
  })
})
