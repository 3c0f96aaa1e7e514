import { describe, expect, it } from 'vitest'
import type { Compressor } from './compressor.ts'
import { createCompressor } from './create-compressor.ts'

const frame = (delta: string) => `event: update\ndata: ${JSON.stringify({ delta })}\n\n`

function write(compressor: Compressor, count: number): void {
  for (let i = 0; i < count; i++) {
    const text = frame(`${i * 7919}`)
    compressor.compress(text, text.length)
  }
}

describe('createCompressor', () => {
  it('sends text as it is where compression does not pay, and says so', () => {
    const compressor = createCompressor('gzip')
    for (let i = 0; i < 40; i++) {
      // What an image is in an event stream.
      const noise = Uint8Array.from({ length: 1200 }, (_, k) => (k * k * (i + 7919)) >> 5)
      const text = `data: ${Buffer.from(noise).toString('base64')}\n\n`
      compressor.compress(text, text.length)
    }
    expect(compressor.state).toBe('stored-no-gain')
  })

  it('sends text as it is while the processor is busy, and says so', () => {
    let busy = false
    const compressor = createCompressor('deflate', { isBusy: () => busy })
    write(compressor, 3)
    busy = true
    const text = frame('busy')
    expect(compressor.compress(text, text.length).includes(text)).toBe(true)
    expect(compressor.state).toBe('stored-busy')
    busy = false
    write(compressor, 1)
    expect(compressor.state).toBe('active')
  })

  it('marks the end of each flush of gzip and deflate where it is told to', () => {
    for (const encoding of ['gzip', 'deflate'] as const) {
      const compressor = createCompressor(encoding, { flush: 'marker' })
      const text = frame('a')
      expect(compressor.compress(text, text.length).subarray(-4).toString('hex')).toBe('0000ffff')
    }
  })

  it('makes a compressor of Node where it is asked for one', () => {
    const compressor = createCompressor('br')
    write(compressor, 3)
    expect([compressor.encoding, compressor.state]).toEqual(['br', 'active'])
    compressor.close()
  })
})
