import { describe } from 'vitest'
import { describesCompressor } from './compressor-suite.ts'
import { createCompressor } from './create-compressor.ts'
import type { FlushStyle } from './flush-style.ts'
import { offeredEncodings } from './offered-encodings.ts'

const styles: readonly FlushStyle[] = ['comment', 'marker']

describe.each(['gzip', 'deflate'] as const)('the suite for %s', (encoding) => {
  describe.each(styles)('with flushes by %s', (flush) => {
    describesCompressor(() => createCompressor(encoding, { flush }))
  })

  describe('on a processor that is busy now and then', () => {
    describesCompressor(() => {
      let asked = 0
      return createCompressor(encoding, { isBusy: () => asked++ % 5 === 3 })
    })
  })
})

// `zstd` from Node 22.15 on.
describe.each(offeredEncodings(['br', 'zstd']))('the suite for %s', (encoding) => {
  describesCompressor(() => createCompressor(encoding))
})
