import { describe, expect, it } from 'vitest'
import { listenToWarnings } from '../../test/process-events.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { TimerWheel } from '../time/timer-wheel.ts'
import { LimitExceededError } from './limit-error.ts'
import { createLimits, type LimitsOptions } from './limits.ts'
import { createMemoryPermits } from './memory-permits.ts'
import type { PermitStore } from './permits.ts'
import { inMemory } from './starts.ts'

const here = () => false

function admission(options: LimitsOptions, permits?: PermitStore) {
  const clock = createFakeClock()
  const wheel = new TimerWheel(clock)
  const stores = permits && { permits, makeLimiter: inMemory }
  const { admit } = bind(createLimits(options, stores)({ clock, wheel }))
  return { admit, clock, wheel }
}

function bind<Target extends { admit: (...args: never[]) => unknown }>(target: Target) {
  return { admit: target.admit.bind(target) as Target['admit'] }
}

describe('streams at once', () => {
  it('are limited for each user, and a place given back is free at once', async () => {
    const { admit } = admission({ maxStreamsPerUser: 2 })
    const first = await admit('ann', here)
    await admit('ann', here)
    await admit('bob', here)
    const refused = await admit('ann', here).catch((error) => error)
    expect(refused).toBeInstanceOf(LimitExceededError)
    expect(refused).toMatchObject({ status: 429, limit: 'streams-per-user', retryAfter: 5 })
    expect(refused.fields).toContainEqual(['RateLimit', '"streams-per-user";r=0'])
    first.release()
    await admit('ann', here)
  })

  it("are limited in total, which is the server's state and a 503", async () => {
    const { admit } = admission({ maxStreams: 2 })
    await admit('ann', here)
    await admit('bob', here)
    await expect(admit('cid', here)).rejects.toMatchObject({ status: 503, limit: 'streams' })
  })

  it('count nobody in particular only in total', async () => {
    const { admit } = admission({
      maxStreamsPerUser: 1,
      maxStreams: 3,
      starts: { limit: 1, windowMs: 1000 },
    })
    for (let n = 0; n < 3; n++) await admit(undefined, here)
    await expect(admit(undefined, here)).rejects.toMatchObject({ limit: 'streams' })
  })

  it('are given back once, however often they are', async () => {
    const { admit, wheel } = admission({ maxStreams: 1 })
    const first = await admit('ann', here)
    first.release()
    first.release()
    const second = await admit('ann', here)
    first.release()
    await expect(admit('bob', here)).rejects.toThrow(LimitExceededError)
    second.release()
    expect(wheel.size).toBe(0)
  })
})

describe('the queue', () => {
  it('gives a place that comes free to the one who waits', async () => {
    const { admit, clock } = admission({ maxStreams: 1, queueMs: 1000 })
    const first = await admit('ann', here)
    const waiting = admit('bob', here)
    await clock.advance(500)
    first.release()
    await clock.advance(0)
    ;(await waiting).release()
  })

  it('refuses when the time is over', async () => {
    const { admit, clock } = admission({ maxStreams: 1, queueMs: 1000 })
    await admit('ann', here)
    const waiting = admit('bob', here).catch((error) => error)
    await clock.advance(1000)
    expect(await waiting).toBeInstanceOf(LimitExceededError)
  })

  it('keeps no place for a client that has left', async () => {
    const { admit, clock } = admission({ maxStreams: 1, queueMs: 60_000 })
    await admit('ann', here)
    let isGone = false
    const waiting = admit('bob', () => isGone).catch((error) => error)
    isGone = true
    await clock.advance(200)
    expect(await waiting).toBeInstanceOf(LimitExceededError)
    expect(clock.pending).toBe(1)
  })
})

describe('starts in a time', () => {
  it('are limited, and say when to come back', async () => {
    const { admit } = admission({ starts: { limit: 2, windowMs: 60_000 } })
    const first = await admit('ann', here)
    expect(first.fields).toEqual([
      ['RateLimit-Policy', '"starts";q=2;w=60'],
      ['RateLimit', expect.stringMatching(/^"starts";r=1;t=\d+$/)],
    ])
    await admit('ann', here)
    const refused = await admit('ann', here).catch((error) => error)
    expect(refused).toMatchObject({ status: 429, limit: 'starts' })
    expect(refused.retryAfter).toBeGreaterThan(0)
    expect(refused.retryAfter).toBeLessThanOrEqual(60)
    await admit('bob', here)
  })

  it('are not used up by one who finds no place, and a refused one keeps no place', async () => {
    const { admit } = admission({ maxStreamsPerUser: 1, starts: { limit: 2, windowMs: 60_000 } })
    const first = await admit('ann', here)
    for (let n = 0; n < 5; n++)
      await expect(admit('ann', here)).rejects.toMatchObject({ limit: 'streams-per-user' })
    first.release()
    ;(await admit('ann', here)).release()
    for (let n = 0; n < 3; n++)
      await expect(admit('ann', here)).rejects.toMatchObject({ limit: 'starts' })
  })
})

describe('a permit', () => {
  it('is renewed three times in a lease, until it is given back', async () => {
    const renewed: number[] = []
    const permits = createMemoryPermits()
    const { admit, clock, wheel } = admission(
      { maxStreams: 1, leaseMs: 3000 },
      { ...permits, renew: () => renewed.push(clock.now()) > 0 },
    )
    const permit = await admit('ann', here)
    await clock.advance(3200)
    expect(renewed).toHaveLength(3)
    permit.release()
    await clock.advance(5000)
    expect(renewed).toHaveLength(3)
    expect(wheel.size).toBe(0)
  })

  it('outlives a store that cannot be reached for a while, with a warning', async () => {
    const warnings = listenToWarnings()
    const permits = createMemoryPermits()
    const { admit, clock } = admission(
      { maxStreams: 1, leaseMs: 3000 },
      {
        ...permits,
        renew: () => {
          throw new Error('Redis is down')
        },
      },
    )
    const permit = await admit('ann', here)
    await clock.advance(1200)
    permit.release()
    await clock.advance(0)
    expect(await warnings()).toEqual(['SYNAPSE_PERMIT'])
    await admit('bob', here)
  })
})

describe('limits that cannot be', () => {
  it.each([
    [{ maxStreams: 0 }, 'limits.maxStreams', '0'],
    [{ maxStreamsPerUser: 1.5 }, 'limits.maxStreamsPerUser', '1.5'],
    [{ starts: { limit: 1, windowMs: 10 } }, 'limits.starts.windowMs', '10'],
    [{ starts: { max: 1, windowMs: 1000 } as never }, 'limits.starts.limit', 'undefined'],
    [{ starts: { limit: 1 } as never }, 'limits.starts.windowMs', 'undefined'],
    [{ queueMs: -1 }, 'limits.queueMs', '-1'],
    [{ leaseMs: 5 }, 'limits.leaseMs', '5'],
  ])('%j are refused, by name and value', (options, ...words) => {
    for (const word of words) expect(() => createLimits(options)).toThrow(word)
  })
})
