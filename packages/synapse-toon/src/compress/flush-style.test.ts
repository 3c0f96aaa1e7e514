import { describe, expect, it } from 'vitest'
import { flushStyleFor } from './flush-style.ts'

describe('flushStyleFor', () => {
  it.each([
    ['Go, which decodes only up to a marker', 'gzip', 'marker'],
    ['the same by another hand', ' GZIP ', 'marker'],
    ['a browser', 'gzip, deflate, br, zstd', 'comment'],
    ['curl --compressed', 'deflate, gzip, br, zstd', 'comment'],
    ['Python requests', 'gzip, deflate', 'comment'],
    ['a client that says nothing', undefined, 'comment'],
  ])('%s', (_client, acceptEncoding, style) => {
    expect(flushStyleFor(acceptEncoding)).toBe(style)
  })
})
