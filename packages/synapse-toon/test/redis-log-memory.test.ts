import type { Clock } from 'synapse-toon'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../src/time/clock.ts'
import { untilCollected } from './garbage-kit.ts'
import { done, openKnown, readFrom, startLog, untilAsked, update } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

const STREAMS = 50

/** The system's, and how many of its timers wait. */
function countingClock(): Clock & { pending(): number } {
  const waiting = new Set<object>()
  return {
    now: systemClock.now,
    after(milliseconds, run, options) {
      const timer = {}
      waiting.add(timer)
      const cancel = systemClock.after(
        milliseconds,
        () => {
          waiting.delete(timer)
          run()
        },
        options,
      )
      return () => {
        waiting.delete(timer)
        cancel()
      }
    },
    pending: () => waiting.size,
  }
}

describe('what is over', () => {
  it('is forgotten by the log that produced it and by those that read it', async () => {
    const server = await startRedis()
    const clocks = [countingClock(), countingClock()]
    const [a, b] = clocks.map((clock) => startLog(server.url, { leaseMs: 600, clock }))
    const references: WeakRef<object>[] = []
    async function useOne(streamId: string): Promise<void> {
      const writer = await a!.log.create(streamId, { principal: 'ann' })
      const reader = await openKnown(b!.log, streamId)
      references.push(new WeakRef(writer), new WeakRef(reader))
      const leave = reader.subscribe({ onAppend: () => {} })
      for (let seq = 1; seq <= 20; seq++) writer.append(update(seq))
      writer.append(done(21))
      await writer.flushed()
      await until(() => reader.ended, 'the end came')
      expect(await readFrom(reader)).toHaveLength(21)
      leave()
    }
    await Promise.all(Array.from({ length: STREAMS }, (_, n) => useOne(`${n}`)))
    expect(references).toHaveLength(2 * STREAMS)
    await untilCollected(references, 'nothing is held')
    // Only where the producer's process can be told something.
    await untilAsked(async () => {
      const channels = (await server.redis.pubsub('CHANNELS')) as string[]
      return channels.length === 1 && channels[0]!.includes(':control:')
    }, 'no channel of a stream is left')
    await until(() => clocks.every((clock) => clock.pending() === 0), 'no timer is left')
  })

  it('is what was only looked at, too, or left by its readers', async () => {
    const server = await startRedis()
    const clock = countingClock()
    const a = startLog(server.url, { leaseMs: 60_000 })
    const b = startLog(server.url, { leaseMs: 60_000, clock })
    const references: WeakRef<object>[] = []
    const writers = await Promise.all(
      Array.from({ length: STREAMS }, async (_, n) => a.log.create(`${n}`, { principal: 'ann' })),
    )
    async function lookAt(streamId: string, isRead: boolean): Promise<void> {
      const reader = await openKnown(b.log, streamId)
      references.push(new WeakRef(reader))
      if (!isRead) return
      const leave = [1, 2, 3].map(() => reader.subscribe({ onAppend: () => {} }))
      expect(clock.pending()).toBeGreaterThan(0)
      for (const one of leave) one()
    }
    for (const [n, { streamId }] of writers.entries()) await lookAt(streamId, n % 2 === 0)
    await untilCollected(references, 'nothing is held')
    await untilAsked(async () => {
      const channels = (await server.redis.pubsub('CHANNELS')) as string[]
      return channels.length === 1
    }, 'no channel of a stream is left')
    // One more interval, which finds nothing to look after.
    expect(clock.pending()).toBeLessThanOrEqual(1)
  })
})
