import { describe, expect, it } from 'vitest'
import { rateLimitFields } from './rate-limit-fields.ts'

describe('rateLimitFields', () => {
  it('names a policy with its window, and what is left until when', () => {
    const state = { name: 'starts', quota: 60, remaining: 4, resetSeconds: 12, windowSeconds: 60 }
    expect(rateLimitFields(state)).toEqual([
      ['RateLimit-Policy', '"starts";q=60;w=60'],
      ['RateLimit', '"starts";r=4;t=12'],
    ])
  })

  it('leaves times out for what is open at once, and never says less than nothing', () => {
    expect(rateLimitFields({ name: 'streams', quota: 10, remaining: -1 })).toEqual([
      ['RateLimit-Policy', '"streams";q=10'],
      ['RateLimit', '"streams";r=0'],
    ])
  })
})
