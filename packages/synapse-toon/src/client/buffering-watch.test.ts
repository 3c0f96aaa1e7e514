import { describe, expect, it } from 'vitest'
import { bufferedBy } from './buffering-watch.ts'

describe('the watch for proxies that buffer', () => {
  it('sees many events at once, late, and says what to do', () => {
    expect(bufferedBy(2000, 200, 10)).toEqual({
      waited: 2000,
      events: 10,
      cure: expect.stringContaining('proxy_buffering off'),
    })
    expect(bufferedBy(30_000, 2900, 50)).toMatchObject({ waited: 30_000 })
  })

  it.each([
    ['few events', 5000, 0, 9],
    ['an early answer', 1999, 1, 50],
    ['an answer over some time', 5000, 501, 50],
    ['a first byte in time', 100, 7900, 50],
    ['no byte at all', 0, 0, 50],
  ])('sees nothing in %s', (_what, waited, lasted, events) => {
    expect(bufferedBy(waited, lasted, events)).toBeUndefined()
  })
})
