import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { offeredEncodings } from './offered-encodings.ts'

const hasZstd = 'createZstdCompress' in zlib

describe('offeredEncodings', () => {
  it('has all that this Node can write, the best first', () => {
    const all = ['gzip', 'deflate', 'zstd', 'br']
    expect(offeredEncodings()).toEqual(all.filter((encoding) => encoding !== 'zstd' || hasZstd))
  })

  it('keeps the order that is asked for', () => {
    expect(offeredEncodings(['br', 'gzip'])).toEqual(['br', 'gzip'])
  })

  it('offers nothing where nothing is wanted', () => {
    expect(offeredEncodings([])).toEqual([])
  })
})
