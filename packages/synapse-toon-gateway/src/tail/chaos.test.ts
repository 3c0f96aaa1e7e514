import { createFakeClock, createSeededRandom } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { createChaos } from './chaos.ts'

/** When a line is cut that has bytes at once, five times. */
async function cutTimes(seed: number): Promise<number[]> {
  const clock = createFakeClock()
  const at: number[] = []
  const chaos = createChaos(1000, createSeededRandom(seed), clock, () => {
    at.push(clock.now())
    chaos.asked()
  })
  for (let n = 1; n <= 5; n++) {
    chaos.came()
    while (at.length < n) await clock.advance(1)
  }
  expect(chaos.cuts).toBe(5)
  return at.map((time, n) => time - (at[n - 1] ?? 0))
}

describe('chaos', () => {
  it('cuts after half the time to one and a half of it, by chance', async () => {
    const times = await cutTimes(7)
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(500)
      expect(time).toBeLessThanOrEqual(1501)
    }
    expect(new Set(times).size).toBeGreaterThan(1)
  })

  it('is the same again with the same seed, and another with another', async () => {
    expect(await cutTimes(7)).toEqual(await cutTimes(7))
    expect(await cutTimes(8)).not.toEqual(await cutTimes(7))
  })

  it('never cuts a line on which nothing came', async () => {
    const clock = createFakeClock()
    const chaos = createChaos(1000, createSeededRandom(1), clock, () => {})
    chaos.asked()
    await clock.advance(60_000)
    expect(chaos.cuts).toBe(0)
  })

  it('leaves alone the line that comes after one that was lost by itself', async () => {
    const clock = createFakeClock()
    const chaos = createChaos(1000, createSeededRandom(1), clock, () => {})
    chaos.came()
    await clock.advance(400)
    chaos.asked()
    await clock.advance(60_000)
    expect(chaos.cuts).toBe(0)
    expect(clock.pending).toBe(0)
  })
})
