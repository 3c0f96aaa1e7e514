import { describe, expect, it } from 'vitest'
import { optimalChunkSize } from './optimal-chunk-size.ts'

describe('optimalChunkSize', () => {
  // The seed's table, "Adaptive Chunk Sizing", with both sides of each of its borders.
  it.each([
    [0, 512],
    [1, 512],
    [1023, 512],
    [1024, 2048],
    [10_239, 2048],
    [10_240, 4096],
    [102_399, 4096],
    [102_400, 8192],
    [1_048_575, 8192],
    [1_048_576, 16_384],
    [Number.MAX_SAFE_INTEGER, 16_384],
  ])('gathers, for a payload of %i bytes, %i bytes', (payloadBytes, chunkSize) => {
    expect(optimalChunkSize(payloadBytes)).toBe(chunkSize)
  })
})
