import { describe, expect, it } from 'vitest'
import type { Compressor } from '../src/compress/compressor.ts'
import { createCompressor } from '../src/compress/create-compressor.ts'
import { collect } from './garbage-kit.ts'

/** In a process of its own: what other tests leave behind, and is collected, would count here. */
function usedBytes(): number {
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function write(compressor: Compressor, count: number): void {
  for (let i = 0; i < count; i++) {
    const text = `event: update\ndata: ${JSON.stringify({ delta: `${i * 7919}` })}\n\n`
    compressor.compress(text, text.length)
  }
}

describe('the memory of compression', () => {
  it('takes at most 12 KiB for each stream, all objects counted, however long it runs', () => {
    // Loads and compiles what all share.
    write(createCompressor('gzip'), 2000)
    const before = usedBytes()
    const compressors = Array.from({ length: 2000 }, () => createCompressor('gzip'))
    for (const compressor of compressors) write(compressor, 100)
    const each = (usedBytes() - before) / compressors.length
    // Of a window alone: else they were not counted.
    expect(each).toBeGreaterThan(7 * 1024)
    expect(each).toBeLessThanOrEqual(12 * 1024)
    expect(compressors.every(({ state }) => state === 'active')).toBe(true)
  })
})
