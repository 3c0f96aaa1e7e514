import { createBrotliCompress } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { codecWorks } from './codec-works.ts'
import { BROTLI } from './codecs.ts'

describe('codecWorks', () => {
  it('is true where it works', () => {
    expect(codecWorks(BROTLI)).toBe(true)
  })

  it('is false where the way into the codec is closed', () => {
    const closed = createBrotliCompress()
    Object.defineProperty(closed, '_handle', { value: {} })
    expect(codecWorks({ ...BROTLI, create: () => closed })).toBe(false)
  })

  it('is false where a flush keeps text back', () => {
    expect(codecWorks({ ...BROTLI, flush: 0 })).toBe(false)
  })

  it('is false where other text comes out', () => {
    expect(codecWorks({ ...BROTLI, decode: (bytes) => BROTLI.decode(bytes).subarray(1) })).toBe(
      false,
    )
  })
})
