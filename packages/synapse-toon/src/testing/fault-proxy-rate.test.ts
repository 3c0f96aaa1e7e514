import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFakeClock } from './fake-clock.ts'
import { ByteRate } from './fault-proxy-rate.ts'

describe('ByteRate', () => {
  it('never gives more than the rate times the time, and nearly that to one who waits as told', async () => {
    const rates = fc.integer({ min: 1, max: 10_000_000 })
    const sizes = fc.array(fc.integer({ min: 1, max: 65_536 }), { minLength: 1, maxLength: 20 })
    const run = async (rate: number, wanted: number[]) => {
      const clock = createFakeClock()
      const limit = new ByteRate(rate, clock)
      let taken = 0
      let steps = 0
      for (const size of wanted) {
        let left = Math.min(size, rate)
        while (left > 0) {
          const took = limit.take(left)
          left -= took
          taken += took
          expect(taken).toBeLessThanOrEqual((rate * clock.now()) / 1000 + 1e-6)
          if (left > 0) await clock.advance(limit.waitMs(left))
          steps++
        }
      }
      // Each wait is rounded up to the next ms.
      expect((rate * clock.now()) / 1000).toBeLessThanOrEqual(taken + 1 + (steps * rate) / 1000)
    }
    await fc.assert(fc.asyncProperty(rates, sizes, run), { numRuns: 30 })
  })

  it('saves up no more than 20 ms of its rate, or one byte', async () => {
    for (const [rate, most] of [
      [10_000, 200],
      [1, 1],
    ] as const) {
      const clock = createFakeClock()
      const limit = new ByteRate(rate, clock)
      await clock.advance(3_600_000)
      expect(limit.take(1_000_000)).toBe(most)
      expect(limit.take(1_000_000)).toBe(0)
    }
  })
})
