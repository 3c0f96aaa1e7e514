import { describe, expect, it } from 'vitest'
import { createCompressor } from './create-compressor.ts'
import { MIN_WORTHWHILE_BYTES } from './worthwhile.ts'

const WORDS = ['The', ' answer', ' is', ' not', ' long', ',', ' but', ' it', ' helps', '.']

/** Bytes that a stream of so many small frames takes, and would take as it is. */
function streamOf(frames: number): { raw: number; sent: number } {
  const compressor = createCompressor('gzip')
  for (let i = 0; i < frames; i++) {
    const data = JSON.stringify({ delta: WORDS[i % WORDS.length] })
    const text = `id: 0c9d7e52-41ab-8e14-b0a6-00000000000${i}\nevent: update\ndata: ${data}\n\n`
    compressor.compress(text, text.length)
  }
  compressor.finish()
  return { raw: compressor.bytesIn, sent: compressor.bytesOut }
}

describe('MIN_WORTHWHILE_BYTES', () => {
  it('is where a stream of tokens has begun to be smaller', () => {
    const one = streamOf(1)
    expect(one.sent).toBeGreaterThan(one.raw)
    const enough = streamOf(Math.ceil(MIN_WORTHWHILE_BYTES / one.raw))
    expect(enough.sent).toBeLessThan(0.7 * enough.raw)
  })
})
