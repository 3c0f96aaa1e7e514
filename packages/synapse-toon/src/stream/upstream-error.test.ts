import { describe, expect, it } from 'vitest'
import { isRateLimited, isRetryable, upstreamRetryAfter, upstreamStatus } from './upstream-error.ts'

describe('upstreamStatus', () => {
  it.each<[string, unknown, number]>([
    ['status, as the OpenAI and Anthropic SDKs have it', { status: 429 }, 429],
    ['statusCode', { statusCode: 503 }, 503],
    ['response.status, as axios has it', { response: { status: 401 } }, 401],
    ['the first of them that is an HTTP error', { status: 'failed', statusCode: 500 }, 500],
    ['an Error with a status', Object.assign(new Error('x'), { status: 418 }), 418],
  ])('reads %s', (_where, error, status) => {
    expect(upstreamStatus(error)).toBe(status)
  })

  it.each<[string, unknown]>([
    ['an Error without one', new Error('x')],
    ['a status that is no error', { status: 200 }],
    ['a status that is text', { status: '429' }],
    ['a status with a fraction', { status: 429.5 }],
    ['NaN', { status: Number.NaN }],
    ['a response that is null', { response: null }],
    ['a string', 'failed with 429'],
    ['null', null],
    ['undefined', undefined],
  ])('knows of no status in %s', (_what, error) => {
    expect(upstreamStatus(error)).toBeUndefined()
  })
})

describe('isRetryable', () => {
  it.each([
    [400, false],
    [401, false],
    [404, false],
    [408, true],
    [409, true],
    [422, false],
    [429, true],
    [499, false],
    [500, true],
    [503, true],
    [529, true],
  ])('says of %i: %s', (status, retryable) => {
    expect(isRetryable({ status })).toBe(retryable)
  })

  it('is false for an error of unknown kind', () => {
    expect(isRetryable(new TypeError('bug'))).toBe(false)
  })
})

describe('isRateLimited', () => {
  it('is true for 429 alone', () => {
    expect(isRateLimited({ status: 429 })).toBe(true)
    expect(isRateLimited({ status: 529 })).toBe(false)
    expect(isRateLimited(undefined)).toBe(false)
  })
})

describe('upstreamRetryAfter', () => {
  const date = 'Wed, 21 Oct 2026 07:28:00 GMT'
  it.each<[string, unknown, string]>([
    ['Headers', { headers: new Headers({ 'Retry-After': '7' }) }, '7'],
    ['a plain object of headers', { headers: { 'retry-after': '7' } }, '7'],
    ['a name in any case', { headers: { 'RETRY-After': '7' } }, '7'],
    ['a number', { headers: { 'retry-after': 7 } }, '7'],
    ['a response', { response: { headers: { 'retry-after': '0' } } }, '0'],
    ['an HTTP date', { headers: { 'retry-after': date } }, date],
    [
      "the error's own headers before its response's",
      { headers: { 'retry-after': '1' }, response: { headers: { 'retry-after': '2' } } },
      '1',
    ],
  ])('is read from %s', (_where, error, value) => {
    expect(upstreamRetryAfter(error)).toBe(value)
  })

  it.each<[string, unknown]>([
    ['no error at all', undefined],
    ['an error without headers', new Error('x')],
    ['headers without it', { headers: new Headers() }],
    ['null', { headers: { 'retry-after': null } }],
    ['a fraction', { headers: { 'retry-after': '1.5' } }],
    ['a negative number', { headers: { 'retry-after': '-1' } }],
    ['another kind of date', { headers: { 'retry-after': '2026-10-21T07:28:00Z' } }],
    [
      'a line break that would add a header',
      { headers: { 'retry-after': '7\r\nSet-Cookie: a=b' } },
    ],
    ['a line break at its end', { headers: { 'retry-after': '7\n' } }],
    ['more digits than any wait has', { headers: { 'retry-after': '1'.repeat(10) } }],
  ])('is not taken from %s', (_what, error) => {
    expect(upstreamRetryAfter(error)).toBeUndefined()
  })
})
