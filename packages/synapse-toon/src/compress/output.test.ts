import { describe, expect, it } from 'vitest'
import { NO_ENVELOPE, output } from './output.ts'

function give(bound: number, bytes: number, value: number, envelope = NO_ENVELOPE) {
  output.reserve(bound, envelope)
  output.target.fill(value, output.at, output.at + bytes)
  return output.take(output.at + bytes, envelope)
}

describe('output', () => {
  it('gives out exactly what was written, and no byte twice', () => {
    const given = Array.from({ length: 5000 }, (_, i) => give(200, i % 90, i % 251))
    for (const [i, part] of given.entries()) {
      expect(part.length).toBe(i % 90)
      expect(part.every((byte) => byte === i % 251)).toBe(true)
    }
  })

  it('keeps small parts in shared memory, so that they cost no allocation each', () => {
    const parts = Array.from({ length: 100 }, () => give(100, 20, 1))
    expect(new Set(parts.map((part) => part.buffer)).size).toBeLessThanOrEqual(2)
  })

  it.each([10, 10_000])('puts an envelope around what is in it, of %i bytes at most', (bound) => {
    const envelope = {
      before: 3,
      after: 2,
      seal(target: Uint8Array, start: number, end: number) {
        target.fill(5, end, end + 2)
        target.fill(6, start - 2, start)
        return start - 2
      },
    }
    const first = give(bound, 4, 7, envelope)
    const second = give(bound, 4, 8, envelope)
    expect([...first]).toEqual([6, 6, 7, 7, 7, 7, 5, 5])
    second.fill(9)
    expect([...first]).toEqual([6, 6, 7, 7, 7, 7, 5, 5])
  })

  it('gives a large part memory of its own, no more than twice what it holds', () => {
    for (const bytes of [10, 40_000, 60_000]) {
      const part = give(64_000, bytes, 5)
      expect(part.length).toBe(bytes)
      expect(part.every((byte) => byte === 5)).toBe(true)
      if (bytes > 8192) expect(part.buffer.byteLength).toBeLessThanOrEqual(2 * bytes)
    }
    expect(give(10, 3, 6)).toEqual(give(10, 3, 6))
  })
})
