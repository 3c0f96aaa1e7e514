import { beforeEach, describe, expect, it } from 'vitest'
import { ended, HOUR, type LevelBench, openBench } from './level-test-kit.ts'

let bench: LevelBench

beforeEach(async () => {
  bench = await openBench()
})

describe('LevelClaims', () => {
  it('is a claim until it is free, and nothing of it after', async () => {
    const log = await bench.openLog()
    expect(await log.claim('short', 'a', 1000)).toBe('a')
    expect(await log.claim('long', 'a', 5 * HOUR)).toBe('a')
    await bench.clock.advance(2000)
    expect(await log.claim('short', 'b', HOUR / 2)).toBe('b')
    await bench.clock.advance(HOUR)
    expect(await log.claim('long', 'b', HOUR)).toBe('a')
    await log.close()
    expect((await bench.keysOnDisk()).filter((key) => key.startsWith('c'))).toEqual(['clong'])
    expect((await bench.keysOnDisk()).filter((key) => key.startsWith('x'))).toHaveLength(1)
  })

  it('keeps a claim that is made again while the old one is deleted', async () => {
    const log = await bench.openLog({ keepFor: 1000 })
    for (let round = 0; round < 20; round++) {
      await ended(log, `s${round}`)
      for (const name of 'abcdefgh') await log.claim(name, `${round}`, 500)
      await bench.clock.advance(999)
      // At once with the sweep, which comes with the expiry of the stream.
      const advanced = bench.clock.advance(1)
      await Promise.all([...'abcdefgh'].map((name) => log.claim(name, 'new', HOUR)))
      await advanced
      for (const name of 'abcdefgh') expect(await log.claim(name, 'late', HOUR)).not.toBe('late')
      await bench.clock.advance(2 * HOUR)
    }
  })
})
