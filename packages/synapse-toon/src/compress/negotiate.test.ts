import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ContentEncoding, DEFAULT_PREFERENCE } from './content-encoding.ts'
import { negotiateContentEncoding } from './negotiate.ts'

type Answer = ContentEncoding | 'identity' | undefined

describe('negotiateContentEncoding', () => {
  // What clients send when nobody tells them what to send.
  it.each<[string, string | undefined, Answer]>([
    ['Chromium and Firefox', 'gzip, deflate, br, zstd', 'gzip'],
    ['Safari', 'gzip, deflate, br', 'gzip'],
    ['curl --compressed', 'deflate, gzip, br, zstd', 'gzip'],
    ['fetch of Node', 'br, gzip, deflate', 'gzip'],
    ['Go', 'gzip', 'gzip'],
    ['Python requests', 'gzip, deflate', 'gzip'],
    ['curl and openai-python without a codec', undefined, 'identity'],
    ['a client with an empty one', '', 'identity'],
    ['a client with a blank one', '  ', 'identity'],
  ])('answers %s', (_client, acceptEncoding, encoding) => {
    expect(negotiateContentEncoding(acceptEncoding, DEFAULT_PREFERENCE)).toBe(encoding)
  })

  it.each<[string, Answer]>([
    ['br', 'br'],
    ['zstd, br', 'zstd'],
    ['deflate', 'deflate'],
    // The highest quality first.
    ['gzip;q=0.5, br', 'br'],
    ['gzip;q=0.5, br;q=0.6, zstd;q=0.7', 'zstd'],
    ['GZIP ; Q=0.8 , br;q=0.7', 'gzip'],
    ['gzip;q=0, br', 'br'],
    ['gzip;q=0.001', 'gzip'],
    // The old name [RFC 9110 §8.4.1.3].
    ['x-gzip', 'gzip'],
    // `*` covers what is not named [RFC 9110 §12.5.3].
    ['*', 'gzip'],
    ['*;q=0.5, br', 'br'],
    ['gzip;q=0.4, *;q=0.5', 'deflate'],
    ['gzip;q=0, *', 'deflate'],
    ['br;q=0.3, *;q=0', 'br'],
    // No coding is acceptable unless it is refused.
    ['compress', 'identity'],
    ['gzip;q=0', 'identity'],
    ['identity', 'identity'],
    ['identity;q=1, gzip;q=0.5', 'identity'],
    ['identity;q=0.5, gzip', 'gzip'],
    ['identity, gzip', 'gzip'],
    ['*;q=0, identity', 'identity'],
    ['*;q=0.5, identity', 'identity'],
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=0', undefined],
    ['*;q=0', undefined],
    ['gzip;q=0, *;q=0', undefined],
    ['compress, identity;q=0', undefined],
    // A quality that is no number makes its range useless, and nothing else.
    ['gzip;q=a, br', 'br'],
    ['gzip;q=7', 'identity'],
    ['identity;q=a', 'identity'],
    [',, ;q=1,gzip', 'gzip'],
  ])('%s gives %s', (acceptEncoding, encoding) => {
    expect(negotiateContentEncoding(acceptEncoding, DEFAULT_PREFERENCE)).toBe(encoding)
  })

  it('chooses by our order where the client does not care', () => {
    expect(negotiateContentEncoding('gzip, br, zstd', ['zstd', 'gzip'])).toBe('zstd')
  })

  it('chooses nothing that is not offered', () => {
    expect(negotiateContentEncoding('gzip, br', ['zstd'])).toBe('identity')
    expect(negotiateContentEncoding('gzip, br', [])).toBe('identity')
    expect(negotiateContentEncoding('*, identity;q=0', [])).toBe(undefined)
  })

  it('takes any header without throwing, and answers only what is acceptable', () => {
    const part = fc.constantFrom(
      'gzip',
      'br',
      '*',
      'identity',
      ';q=0',
      ';q=0.5',
      ',',
      ' ',
      'x',
      '=',
    )
    const header = fc.oneof(
      fc.string(),
      fc.array(part).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(header, fc.subarray([...DEFAULT_PREFERENCE]), (acceptEncoding, offered) => {
        const answer = negotiateContentEncoding(acceptEncoding, offered)
        expect([...offered, 'identity', undefined]).toContain(answer)
      }),
    )
  })
})
