import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSeededRandom } from './seeded-random.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })

function draw(random: { next(): number }, count: number): number[] {
  return Array.from({ length: count }, () => random.next())
}

describe('createSeededRandom', () => {
  it('gives the same for the same seed, and something else for another', () => {
    fc.assert(
      fc.property(seeds, seeds, (seed, other) => {
        const first = draw(createSeededRandom(seed), 20)
        expect(draw(createSeededRandom(seed), 20)).toEqual(first)
        fc.pre(other !== seed)
        expect(draw(createSeededRandom(other), 20)).not.toEqual(first)
      }),
    )
  })

  it('mixes as MurmurHash3 does: its hashes of nothing with the seeds 1 and 2^32 - 1', () => {
    // The counter adds 0x9e3779b9 before it mixes.
    const firstOf = (counter: number) =>
      createSeededRandom((counter - 0x9e3779b9) >>> 0).next() * 2 ** 32
    expect(firstOf(1)).toBe(0x514e28b7)
    expect(firstOf(0xffffffff)).toBe(0x81f16f39)
  })

  it('spreads evenly', () => {
    const random = createSeededRandom(1)
    const tenths = new Array<number>(10).fill(0)
    for (const value of draw(random, 10_000)) tenths[Math.floor(value * 10)]!++
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })

  it('stays between its bounds, and reaches both', () => {
    const random = createSeededRandom(2)
    const values = Array.from({ length: 200 }, () => random.between(3, 7))
    expect(new Set(values)).toEqual(new Set([3, 4, 5, 6, 7]))
    expect(random.between(5, 5)).toBe(5)
  })

  it('says yes never, always, or in a share of the cases', () => {
    const random = createSeededRandom(3)
    const yes = (share: number) =>
      Array.from({ length: 1000 }, () => random.chance(share)).filter(Boolean).length
    expect(yes(0)).toBe(0)
    expect(yes(1)).toBe(1000)
    expect(Math.abs(yes(0.25) - 250)).toBeLessThan(75)
  })

  it('picks every item, and refuses to pick from nothing', () => {
    const random = createSeededRandom(4)
    const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])))
    expect(picked).toEqual(new Set(['a', 'b', 'c']))
    expect(() => random.pick([])).toThrow('items must be a list of one or more')
  })

  it('forks by label, whatever was drawn before', () => {
    fc.assert(
      fc.property(seeds, fc.string(), fc.nat(50), (seed, label, drawn) => {
        const used = createSeededRandom(seed)
        draw(used, drawn)
        const forked = draw(used.fork(label), 10)
        expect(forked).toEqual(draw(createSeededRandom(seed).fork(label), 10))
        expect(forked).not.toEqual(draw(createSeededRandom(seed), 10))
        expect(forked).not.toEqual(draw(used.fork(`${label}1`), 10))
      }),
    )
  })

  it('chooses a seed where none is given, and says which', () => {
    const chosen = createSeededRandom()
    expect(draw(createSeededRandom(chosen.seed), 5)).toEqual(draw(chosen, 5))
  })

  it.each([-1, 1.5, 2 ** 32, Number.NaN, '7'])('refuses %j as a seed', (seed) => {
    expect(() => createSeededRandom(seed as number)).toThrow(
      `seed must be a whole number from 0 to 4294967295, got`,
    )
  })
})
