import { brotliDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodePayload } from './encode-payload.ts'

describe('encodePayload', () => {
  it('leaves JSON as it is', () => {
    expect(encodePayload('{"delta":"Hel"}', 'json')).toBe('{"delta":"Hel"}')
  })

  it.each([
    ['{"delta":"Hel"}', 'eyJkZWx0YSI6IkhlbCJ9'],
    ['"é😀"', 'IsOp8J+YgCI='],
    ['""', 'IiI='],
  ])('writes base64 of the UTF-8 of %s', (json, base64) => {
    expect(encodePayload(json, 'base64')).toBe(base64)
  })

  it.each(['{"delta":"Hel"}', '"é😀"', '""', JSON.stringify('long '.repeat(5000))])(
    'writes base64 of a whole brotli stream',
    (json) => {
      const data = encodePayload(json, 'br')
      expect(data).toMatch(/^[A-Za-z0-9+/]+={0,2}$/)
      expect(brotliDecompressSync(Buffer.from(data, 'base64')).toString('utf8')).toBe(json)
    },
  )

  it.each([
    ['{"delta":"Hel"}', 'delta: Hel'],
    ['{"a":1,"b":[1,2,3]}', 'a: 1\nb[3]: 1,2,3'],
    ['[{"id":1,"ok":true},{"id":2,"ok":false}]', '[2]{id,ok}:\n  1,true\n  2,false'],
    ['"line\\nbreak"', '"line\\nbreak"'],
    ['" blank"', '" blank"'],
    ['{}', ''],
    ['null', 'null'],
  ])('writes TOON for %s', (json, toon) => {
    expect(encodePayload(json, 'toon')).toBe(toon)
  })

  it('writes marked JSON where TOON has no form: a lone surrogate', () => {
    const json = JSON.stringify({ delta: '\ud83d' })
    expect(encodePayload(json, 'toon')).toBe(' {"delta":"\\ud83d"}')
  })

  it('writes TOON for a whole pair', () => {
    expect(encodePayload(JSON.stringify({ delta: '😀' }), 'toon')).toBe('delta: 😀')
  })

  // TOON indents: n levels cost n² bytes, and its coder calls itself once per level.
  it.each([
    ['lists', `${'['.repeat(3000)}${']'.repeat(3000)}`],
    ['objects', `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`],
  ])('writes marked JSON where TOON would grow without bound: %s nested deeply', (_what, json) => {
    expect(encodePayload(json, 'toon')).toBe(` ${json}`)
  })

  it('writes TOON up to 64 levels, and marked JSON from 65', () => {
    const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
    expect(encodePayload(lists(64), 'toon')).toMatch(/^\[1\]:\n/)
    expect(encodePayload(lists(65), 'toon')).toBe(` ${lists(65)}`)
    const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
    expect(encodePayload(objects(64), 'toon').split('\n')).toHaveLength(64)
    expect(encodePayload(objects(65), 'toon')).toBe(` ${objects(65)}`)
  })
})
