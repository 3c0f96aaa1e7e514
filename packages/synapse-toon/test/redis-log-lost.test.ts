import { fileURLToPath } from 'node:url'
import type { LogReader, LogWriter } from 'synapse-toon'
import { describe, expect, it } from 'vitest'
import { startNode } from './child-process-kit.ts'
import { produce } from './redis-log-follow.ts'
import {
  done,
  openKnown,
  readFrom,
  startLog,
  untilAsked,
  untilListening,
  update,
} from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

const PRODUCER = fileURLToPath(new URL('./redis-log-producer.mjs', import.meta.url))
const RECORDS = '{synapse-toon:stream}:records'

/** Short, since Redis's own clock runs it out. */
const LEASE_MS = 500

const LOST = 'producer-lost'

function append(writer: LogWriter, count: number): void {
  for (let n = 0; n < count; n++) writer.append(update(writer.lastSeq + 1))
}

/** Everything a reader hears of, from where it is now. */
function listenTo(reader: LogReader) {
  const heard: number[] = []
  const leave = reader.subscribe({ onAppend: () => heard.push(reader.lastSeq) })
  return { heard, leave }
}

async function endOf(reader: LogReader): Promise<string> {
  const last = (await readFrom(reader)).at(-1)!
  const { code, reason } = JSON.parse(last.json)
  return `${last.event} ${code ?? reason} at ${last.seq}`
}

describe('a stream whose producer is gone', () => {
  it('is ended for its readers, who asked for nothing, after a kill -9', async () => {
    const server = await startRedis()
    const { log } = startLog(server.url, { leaseMs: LEASE_MS })
    const producer = startNode([PRODUCER, server.url, 'stream', `${LEASE_MS}`])
    await producer.line('stored 5')
    const reader = await openKnown(log, 'stream')
    const from = reader.lastSeq
    const { heard } = listenTo(reader)
    await producer.line('stored 50')
    await producer.kill()
    await until(() => reader.ended, 'the end is announced', 10_000)
    const stored = Number(/stored (\d+)\s*$/.exec(producer.stdout)![1])
    const last = reader.lastSeq
    // At least what the producer knows to be stored, and its end.
    expect(last).toBeGreaterThan(stored)
    expect(heard).toEqual(Array.from({ length: last - from }, (_, n) => from + 1 + n))
    expect(await endOf(reader)).toBe(`error ${LOST} at ${last}`)
    expect((await readFrom(reader)).slice(0, -1)).toEqual(
      Array.from({ length: last - 1 }, (_, n) => update(n + 1)),
    )
  })

  it('is ended by exactly one of many who find out at the same time', async () => {
    const server = await startRedis()
    const producer = startLog(server.url, { leaseMs: LEASE_MS })
    const { writer } = await produce(producer.log)
    append(writer, 7)
    await writer.flushed()
    const logs = Array.from({ length: 10 }, () => startLog(server.url, { leaseMs: LEASE_MS }).log)
    // Known to all, so that none asks Redis for its version first.
    for (const log of logs) await openKnown(log, 'stream')
    const thaw = producer.freeze()
    await untilAsked(async () => {
      const [seconds, micros] = await server.redis.time()
      const lease = await server.redis.hget('{synapse-toon:stream}:meta', 'lease')
      return Number(seconds) * 1000 + Number(micros) / 1000 > Number(lease)
    }, 'the lease has run out')
    await server.resetStats()
    const readers = await Promise.all(logs.map((log) => openKnown(log, 'stream')))
    for (const reader of readers) {
      reader.subscribe({ onAppend: () => {} })
      // One whose look was late looks again.
      await until(() => reader.ended, 'it has ended')
      expect(await endOf(reader)).toBe(`error ${LOST} at 8`)
      expect(reader).toMatchObject({ ended: true, mayLag: false, lastSeq: 8, principal: 'ann' })
    }
    expect(await server.commandCalls()).toMatchObject({ xadd: 1 })
    expect(await server.redis.xlen(RECORDS)).toBe(8)
    thaw()
  })

  it('is found out though connections break all the time, more often than a lease', async () => {
    const server = await startRedis()
    const producer = startLog(server.url, { leaseMs: LEASE_MS })
    const { writer } = await produce(producer.log)
    append(writer, 3)
    await writer.flushed()
    producer.freeze()
    const { log } = startLog(server.url, { leaseMs: LEASE_MS, outageFor: LEASE_MS })
    const reader = await openKnown(log, 'stream')
    reader.subscribe({ onAppend: () => {} })
    await untilAsked(async () => {
      await server.clientKill()
      return reader.ended
    }, 'it has ended')
    expect(await endOf(reader)).toBe(`error ${LOST} at 4`)
  })

  it('has nothing of what its producer appends later, which is told so', async () => {
    const server = await startRedis()
    const a = startLog(server.url, { leaseMs: LEASE_MS })
    const b = startLog(server.url, { leaseMs: LEASE_MS })
    const { writer, told } = await produce(a.log)
    append(writer, 3)
    await writer.flushed()
    const thaw = a.freeze()
    append(writer, 2)
    const reader = await openKnown(b.log, 'stream')
    listenTo(reader)
    await until(() => reader.ended, 'it is taken for lost')
    append(writer, 2)
    thaw()
    append(writer, 2)
    await until(() => told.lost > 0, 'the producer is told')
    append(writer, 1)
    writer.append(done(writer.lastSeq + 1))
    await writer.flushed()
    // Its own readers have it all; nobody else has.
    expect(writer).toMatchObject({ lastSeq: 11, ended: true })
    expect(told).toEqual({ cancel: 0, lost: 1 })
    expect(await server.redis.xlen(RECORDS)).toBe(4)
    for (const { log } of [a, b]) {
      expect(await endOf(await openKnown(log, 'stream'))).toBe(`error ${LOST} at 4`)
    }
  })

  it('is not made anew by a producer that comes back when all that is forgotten', async () => {
    const server = await startRedis()
    const options = { leaseMs: LEASE_MS, keepFor: 300 }
    const a = startLog(server.url, options)
    const b = startLog(server.url, options)
    const { writer, told } = await produce(a.log)
    append(writer, 3)
    await writer.flushed()
    const thaw = a.freeze()
    append(writer, 2)
    const reader = await openKnown(b.log, 'stream')
    listenTo(reader)
    await until(() => reader.ended, 'it is taken for lost')
    await untilAsked(async () => (await server.redis.dbsize()) === 0, 'all keys have expired')
    thaw()
    await until(() => told.lost === 1, 'the producer is told')
    append(writer, 1)
    await writer.flushed()
    expect(await server.redis.dbsize()).toBe(0)
    expect(await a.log.open('stream')).toBeUndefined()
  })

  it('is told to its producer at once, even while it has nothing to append', async () => {
    const server = await startRedis()
    const a = startLog(server.url, { leaseMs: 60_000 })
    const b = startLog(server.url, { leaseMs: LEASE_MS })
    const { told } = await produce(a.log)
    await untilListening(server.redis)
    await untilAsked(async () => {
      // As if it had not been heard of: its next renewal at an interval is far away.
      await server.redis.hset('{synapse-toon:stream}:meta', 'lease', 1)
      return (await openKnown(b.log, 'stream')).ended
    }, 'it is ended')
    await until(() => told.lost === 1, 'the producer is told')
  })

  it('is told to its producer by its next append where that message is lost', async () => {
    const server = await startRedis()
    const a = startLog(server.url, { leaseMs: 60_000 })
    const b = startLog(server.url, { leaseMs: LEASE_MS })
    const { writer, told } = await produce(a.log)
    await untilListening(server.redis)
    await untilAsked(async () => {
      await server.redis.hset('{synapse-toon:stream}:meta', 'lease', 1, 'owner', 'nobody')
      return (await openKnown(b.log, 'stream')).ended
    }, 'it is ended')
    expect(told.lost).toBe(0)
    append(writer, 1)
    await writer.flushed()
    expect(told.lost).toBe(1)
    expect(await server.redis.xlen(RECORDS)).toBe(1)
  })

  it('goes on where its producer was only late, and nobody had looked', async () => {
    const server = await startRedis()
    const a = startLog(server.url, { leaseMs: LEASE_MS })
    const { writer, told } = await produce(a.log)
    const thaw = a.freeze()
    append(writer, 3)
    await untilAsked(async () => {
      const [seconds] = await server.redis.time()
      const lease = await server.redis.hget('{synapse-toon:stream}:meta', 'lease')
      return Number(seconds) * 1000 > Number(lease)
    }, 'the lease has run out')
    thaw()
    await writer.flushed()
    writer.append(done(4))
    await writer.flushed()
    expect(told.lost).toBe(0)
    const { log } = startLog(server.url)
    expect(await endOf(await openKnown(log, 'stream'))).toBe('done complete at 4')
  })

  it('is kept for those who come later for as long as one that ended well', async () => {
    const server = await startRedis()
    const options = { leaseMs: LEASE_MS, keepFor: 1_000 }
    const a = startLog(server.url, options)
    const b = startLog(server.url, options)
    const { writer } = await produce(a.log)
    append(writer, 3)
    await writer.flushed()
    a.redis.disconnect()
    const reader = await openKnown(b.log, 'stream')
    listenTo(reader)
    await until(() => reader.ended, 'it is taken for lost')
    const left = await server.redis.pttl('{synapse-toon:stream}:meta')
    expect(left).toBeGreaterThan(500)
    expect(left).toBeLessThanOrEqual(1_000)
    await untilAsked(async () => (await server.redis.dbsize()) === 0, 'all keys have expired')
    expect(await b.log.open('stream')).toBeUndefined()
  })

  it('leaves no keys behind where nobody ever looks', async () => {
    const server = await startRedis()
    const a = startLog(server.url, { leaseMs: LEASE_MS, outageFor: LEASE_MS, keepFor: 500 })
    for (const count of [0, 1, 600]) {
      const { writer } = await produce(a.log, `${count}`)
      writer.subscribe({ onAppend: () => {} })
      append(writer, count)
      await writer.flushed()
    }
    expect(await server.redis.dbsize()).toBeGreaterThan(4)
    a.redis.disconnect()
    await untilAsked(async () => (await server.redis.dbsize()) === 0, 'all keys have expired')
  })
})
