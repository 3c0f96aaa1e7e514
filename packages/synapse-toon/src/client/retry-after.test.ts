import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRetryAfter } from './retry-after.ts'

const NOW = Date.UTC(2026, 0, 1)

function parse(headers: Record<string, string>): number | undefined {
  return parseRetryAfter(new Headers(headers), NOW)
}

describe('parseRetryAfter', () => {
  it.each([
    [{ 'Retry-After': '120' }, 120_000],
    [{ 'Retry-After': '0' }, 0],
    [{ 'Retry-After': '1.5' }, 1500],
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after-ms': '250.5', 'Retry-After': '9' }, 250.5],
    [{ 'retry-after-ms': 'x', 'Retry-After': '9' }, 9000],
    [{ 'Retry-After': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 60_000],
    // A clock here that is an hour fast does not matter where the server tells its own.
    [
      { 'Retry-After': 'Wed, 31 Dec 2025 23:01:00 GMT', Date: 'Wed, 31 Dec 2025 23:00:00 GMT' },
      60_000,
    ],
  ])('reads %j as %d ms', (headers, wait) => {
    expect(parse(headers as unknown as Record<string, string>)).toBe(wait)
  })

  it.each([
    '',
    '-1',
    'NaN',
    'Wed, 31 Dec 2025 23:59:00 GMT',
    'soon',
    'Soon',
    'soon GMT',
    '5 apples',
    'Thu, 99 Jan 2026 00:01:00 GMT',
  ])('reads nothing in %j', (value) => {
    expect(parse({ 'Retry-After': value })).toBeUndefined()
  })

  it('reads nothing where there is none', () => {
    expect(parse({})).toBeUndefined()
  })

  it('gives no negative wait, and no number that is none, for any text', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789. GMT') }))
    fc.assert(
      fc.property(text, (value) => {
        const headers = { get: (name: string) => (name === 'retry-after' ? value : null) }
        const wait = parseRetryAfter(headers as Headers, NOW)
        expect(wait === undefined || wait >= 0).toBe(true)
      }),
    )
  })
})
