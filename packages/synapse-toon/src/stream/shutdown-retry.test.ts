import { describe, expect, it } from 'vitest'
import { retryAfterShutdown } from './shutdown-retry.ts'

describe('retryAfterShutdown', () => {
  it('spreads the clients of a shutdown over one to three seconds, in whole milliseconds', () => {
    const record = { seq: 1, event: 'error', json: '{"code":"shutdown"}' } as const
    const times = Array.from({ length: 200 }, () => retryAfterShutdown(record)!)
    expect(times.every((ms) => Number.isInteger(ms) && ms >= 1000 && ms < 3000)).toBe(true)
    expect(new Set(times).size).toBeGreaterThan(1)
  })

  it.each([
    ['another error', { seq: 1, event: 'error', json: '{"code":"deadline"}' }],
    ['the end', { seq: 1, event: 'done', json: '{"reason":"complete"}' }],
    ['a payload that says so', { seq: 1, event: 'update', json: '{"code":"shutdown"}' }],
  ] as const)('says nothing of %s', (_what, record) => {
    expect(retryAfterShutdown(record)).toBeUndefined()
  })
})
