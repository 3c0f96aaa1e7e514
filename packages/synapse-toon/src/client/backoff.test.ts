import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffDelay, LONGEST_WAIT_MS } from './backoff.ts'

function delay(failures: number, options = {}, retry?: number, random = 0) {
  return backoffDelay({ failures, retry }, options, random, 250)
}

describe('backoffDelay', () => {
  it('grows by the factor up to the maximum', () => {
    expect([1, 2, 3, 4, 7, 8, 50].map((failures) => delay(failures))).toEqual([
      250, 500, 1000, 2000, 15_000, 15_000, 15_000,
    ])
    const options = { initial: 10, factor: 3, max: 100 }
    expect([1, 2, 3, 4].map((failures) => delay(failures, options))).toEqual([10, 30, 90, 100])
  })

  it('leaves the share that jitter names to chance', () => {
    expect(delay(1, {}, undefined, 1)).toBe(125)
    expect(delay(1, { jitter: 1 }, undefined, 0.75)).toBe(62.5)
    expect(delay(1, { jitter: 0 }, undefined, 1)).toBe(250)
  })

  it('takes the server at its word the first time, and is patient in a row', () => {
    expect(delay(1, {}, 0)).toBe(0)
    expect(delay(1, {}, 4000, 1)).toBe(4000)
    expect(delay(3, {}, 0)).toBe(1000)
    expect(delay(3, {}, 4000)).toBe(4000)
  })

  it('is a wait that a timer can hold, whatever it is asked', () => {
    const wild = fc.oneof(fc.nat(), fc.double({ min: 0, noNaN: true }))
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.option(wild, { nil: undefined }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, retry, random) => {
          const wait = delay(failures, {}, retry, random)
          expect(wait).toBeGreaterThanOrEqual(0)
          expect(wait).toBeLessThanOrEqual(LONGEST_WAIT_MS)
        },
      ),
    )
  })
})
