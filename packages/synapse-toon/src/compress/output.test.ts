import { describe, expect, it } from 'vitest'
import { NO_ROOM, output } from './output.ts'

function give(bound: number, bytes: number, value: number, room = NO_ROOM) {
  output.reserve(bound, room)
  output.target.fill(value, output.at, output.at + bytes)
  return output.take(output.at + bytes, room)
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

  it('leaves room before and after', () => {
    const room = { before: 3, after: 2 }
    const first = give(10, 4, 7, room)
    const second = give(10, 4, 8, room)
    expect(first.length).toBe(9)
    expect([...first.subarray(3, 7)]).toEqual([7, 7, 7, 7])
    second.fill(9)
    expect([...first.subarray(3, 7)]).toEqual([7, 7, 7, 7])
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
