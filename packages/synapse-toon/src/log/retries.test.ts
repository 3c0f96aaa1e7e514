import { beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { Retries } from './retries.ts'

let clock: FakeClock
let attempts: number[]

beforeEach(() => {
  clock = createFakeClock()
  attempts = []
})

const attempt = () => void attempts.push(clock.now())

describe('Retries', () => {
  it('wait twice as long each time, up to a second', async () => {
    const retries = new Retries(clock, 60_000)
    for (let failed = 0; failed < 7; failed++) {
      expect(retries.plan(attempt)).toBe(true)
      expect(retries).toMatchObject({ isAway: true, isWaiting: true })
      await clock.advance(1000 - (clock.now() % 1000))
      expect(retries.isWaiting).toBe(false)
    }
    expect(attempts).toEqual([50, 1100, 2200, 3400, 4800, 6000, 7000])
  })

  it('begin with short waits again after an attempt that went well', async () => {
    const retries = new Retries(clock, 60_000)
    for (let failed = 0; failed < 5; failed++) {
      retries.plan(attempt)
      await clock.advance(1000)
    }
    retries.reset()
    expect(retries.isAway).toBe(false)
    attempts = []
    retries.plan(attempt)
    await clock.advance(1000)
    expect(attempts).toEqual([5050])
  })

  it('end once the store has been away for too long, counted from the first failure', async () => {
    const retries = new Retries(clock, 3000)
    await clock.advance(10_000)
    let planned = 0
    while (retries.plan(attempt)) {
      planned++
      await clock.advance(1000)
    }
    expect(planned).toBe(3)
    expect(retries.isWaiting).toBe(false)
    expect(clock.pending).toBe(0)
  })

  it('can be given up, which leaves no timer', async () => {
    const retries = new Retries(clock, 3000)
    retries.plan(attempt)
    retries.cancel()
    retries.cancel()
    expect([retries.isWaiting, clock.pending]).toEqual([false, 0])
    await clock.advance(5000)
    expect(attempts).toEqual([])
  })
})
