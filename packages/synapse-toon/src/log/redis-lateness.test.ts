import { describe, expect, it } from 'vitest'
import { RedisLateness } from './redis-lateness.ts'

/** Redis's clock is so far ahead of ours. */
const APART = 1_700_000_000_000

function setUp() {
  let late = 0
  const lateness = new RedisLateness(100, () => late++)
  const hear = (sentAt: number, tookMs: number) => lateness.heard(APART + sentAt + tookMs, sentAt)
  return { lateness, hear, late: () => late }
}

describe('RedisLateness', () => {
  it('takes the first call as the measure: before it, none is late', () => {
    const { lateness, hear, late } = setUp()
    expect(lateness.latest(0)).toBe(Number.MAX_SAFE_INTEGER)
    hear(0, 5_000)
    expect(late()).toBe(0)
  })

  it('finds a call late that took longer than the fastest one and the bound', () => {
    const { lateness, hear, late } = setUp()
    for (const [n, tookMs] of [60, 3, 40, 103, 80].entries()) hear(n * 1_000, tookMs)
    expect(late()).toBe(0)
    expect(lateness.latest(9_000)).toBe(APART + 9_000 + 3 + 100)
    hear(5_000, 104)
    expect(late()).toBe(1)
  })

  it('finds each stall, and measures anew after it', () => {
    const { lateness, hear, late } = setUp()
    hear(0, 2)
    for (const at of [1_000, 50_000]) {
      hear(at, 20_000)
      // These waited as long, behind it.
      hear(at + 1, 19_999)
      hear(at + 30_000, 2)
      expect(lateness.latest(0)).toBe(APART + 2 + 100)
    }
    expect(late()).toBe(2)
  })

  it('goes on where a clock was set, forwards or backwards', () => {
    const { lateness, hear, late } = setUp()
    hear(0, 2)
    for (const [setBy, times] of [
      [3_600_000, 1],
      [-3_600_000, 1],
    ] as const) {
      for (let n = 0; n < 50; n++) hear(n, setBy + 2)
      expect(late()).toBe(times)
      expect(lateness.latest(0)).toBe(APART + setBy + 2 + 100)
    }
  })
})
