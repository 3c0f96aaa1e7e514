import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import { timeLimit } from './time-limit.ts'

const never = new Promise<never>(() => {})

describe('timeLimit', () => {
  it('gives what settles in time, also when that rejects', async () => {
    const limit = timeLimit(createFakeClock(), 100)
    expect(await limit.race(Promise.resolve('a'))).toBe('a')
    await expect(limit.race(Promise.reject(new Error('no')))).rejects.toThrow('no')
  })

  it('bounds several steps together', async () => {
    const clock = createFakeClock()
    const limit = timeLimit(clock, 100)
    await clock.advance(60)
    expect(await limit.race(Promise.resolve('a'))).toBe('a')
    const last = expect(limit.race(never)).rejects.toThrow('no answer within 100 ms')
    await clock.advance(40)
    await last
    await expect(limit.race(never)).rejects.toThrow('no answer')
  })

  it('leaves no timer once it is cleared, and says nothing when nobody waits', async () => {
    const clock = createFakeClock()
    timeLimit(clock, 100).clear()
    expect(clock.pending).toBe(0)
    timeLimit(clock, 100)
    await clock.advance(1000)
  })

  it('keeps the process alive only where that is asked for', () => {
    const asked: unknown[] = []
    const clock = {
      now: () => 0,
      after(_ms: number, _run: () => void, options?: { keepAlive?: boolean }) {
        asked.push(options?.keepAlive)
        return () => {}
      },
    }
    timeLimit(clock, 100)
    timeLimit(clock, 100, { keepAlive: true })
    expect(asked).toEqual([false, true])
  })
})
