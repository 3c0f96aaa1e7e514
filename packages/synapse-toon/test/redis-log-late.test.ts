import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  append,
  expectEnds,
  follow,
  followAll,
  produce,
  range,
  seqsOf,
} from './redis-log-follow.ts'
import { done, openKnown, startLog } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

describe('a Redis that was away', () => {
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

  it('or stood still for longer than a lease takes no producer for lost either', async () => {
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
    reader.subscribe({ onAppend: () => {} })
    await until(() => reader.ended, 'a later one finds it')
  })

  it.each([
    ['the producer itself would have given up', 900, 900],
    ['three leases, where those are longer', 0, 300],
  ])(
    'again and again never has a calm lease: a dead producer is found out after %s',
    async (_, outageFor, graceMs) => {
      const server = await startRedis()
      const leaseMs = 100
      const a = startLog(server.url, { leaseMs, outageFor })
      const b = startLog(server.url, { leaseMs, outageFor })
      await produce(a.log)
      const reader = await openKnown(b.log, 'stream')
      reader.subscribe({ onAppend: () => {} })
      const thaw = a.freeze()
      const start = performance.now()
      while (!reader.ended && performance.now() - start < 10_000) {
        b.redis.disconnect(true)
        await once(b.redis, 'ready')
        // For it to look, once.
        await sleep(leaseMs / 4)
      }
      expect(JSON.parse(reader.at(reader.lastSeq)!.json).code).toBe('producer-lost')
      thaw()
      // Of the lease itself, a third may have been over at the start.
      expect(performance.now() - start).toBeGreaterThan(graceMs + leaseMs / 2)
    },
    15_000,
  )

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
    await until(() => told.lost === 1, 'it is given up')
    await writer.flushed()
    writer.append(done(7))
    expect(seqsOf(here.records)).toEqual(range(1, 7))
    await server.restart()
    await until(() => there.reader.ended, 'the end is announced', 10_000)
    expect(seqsOf(there.records)).toEqual(range(1, 4))
    expect(JSON.parse(there.records[3]!.json).code).toBe('producer-lost')
    expect(told.lost).toBe(1)
  }, 30_000)
})
