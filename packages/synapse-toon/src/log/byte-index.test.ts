import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteIndex } from './byte-index.ts'

const sizes = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 5000 })),
  {
    minLength: 1,
    maxLength: 300,
  },
)

/** Bytes of all records up to each position. */
function sums(bytes: readonly number[]): number[] {
  let sum = 0
  return [0, ...bytes.map((one) => (sum += one))]
}

describe('ByteIndex', () => {
  it('begins with nothing', () => {
    const index = new ByteIndex(1000)
    index.trim(0)
    expect(index).toMatchObject({ firstSeq: 1, droppedBytes: 0 })
    expect([index.bytesBehind(0), index.leastBehind(0), index.leastBehind(5)]).toEqual([0, 0, 0])
  })

  it('drops the oldest when there is more than fits, down to what does', () => {
    const index = new ByteIndex(1000)
    for (let seq = 1; seq <= 12; seq++) index.add(seq, seq * 100)
    index.trim(12)
    expect(index).toMatchObject({ firstSeq: 3, droppedBytes: 200 })
    expect(index.bytesBehind(0)).toBe(1000)
  })

  it('drops nothing behind what may be dropped', () => {
    const index = new ByteIndex(1000)
    for (let seq = 1; seq <= 50; seq++) index.add(seq, seq * 100)
    index.trim(3)
    expect(index.firstSeq).toBe(4)
    index.trim(0)
    expect(index.firstSeq).toBe(4)
  })

  it('never drops the newest, however large it is', () => {
    const index = new ByteIndex(1000)
    index.add(1, 20)
    index.add(2, 9000)
    index.trim(2)
    expect(index.firstSeq).toBe(2)
    index.add(3, 9020)
    index.trim(3)
    expect(index).toMatchObject({ firstSeq: 3, droppedBytes: 9000 })
  })

  it('takes the same position twice, as when its announcement appended the next', () => {
    const index = new ByteIndex(1000)
    index.add(2, 600)
    index.add(2, 600)
    index.add(3, 1200)
    index.trim(3)
    expect(index).toMatchObject({ firstSeq: 3, droppedBytes: 600 })
  })

  it('knows what is behind a position, up to a 64th of the bound, for any records', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 60_000 }), fc.nat(), (bytes, maxBytes, some) => {
        const index = new ByteIndex(maxBytes)
        const upTo = sums(bytes)
        const total = upTo.at(-1)!
        for (let seq = 1; seq < upTo.length; seq++) index.add(seq, upTo[seq]!)
        const most = Math.max(...bytes)
        for (const seq of [0, 1, some % upTo.length, bytes.length - 1, bytes.length]) {
          const behind = total - upTo[seq]!
          expect(index.bytesBehind(seq)).toBeGreaterThanOrEqual(behind)
          expect(index.bytesBehind(seq)).toBeLessThan(behind + maxBytes / 64 + 1)
          expect(index.leastBehind(seq)).toBeLessThanOrEqual(behind)
          expect(index.leastBehind(seq)).toBeGreaterThan(behind - maxBytes / 64 - most - 1)
        }
      }),
    )
  })

  it('keeps no more than fits, all that may not be dropped, and the newest', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 60_000 }), fc.nat(), (bytes, maxBytes, some) => {
        const index = new ByteIndex(maxBytes)
        const upTo = sums(bytes)
        const droppable = some % upTo.length
        for (let seq = 1; seq < upTo.length; seq++) {
          index.add(seq, upTo[seq]!)
          if (seq % 3 === 0) index.trim(Math.min(seq, droppable))
        }
        index.trim(droppable)
        const { firstSeq, droppedBytes } = index
        expect(droppedBytes).toBe(upTo[firstSeq - 1])
        expect(firstSeq).toBeLessThanOrEqual(Math.min(droppable + 1, bytes.length))
        const kept = upTo.at(-1)! - droppedBytes
        // Small records are dropped together with the next that makes a 64th of the bound: where
        // that one may not be dropped, they wait for it.
        const next = upTo.findIndex((sum) => sum - droppedBytes >= maxBytes / 64)
        const mayDropMore = next !== -1 && next <= droppable && next < bytes.length
        if (mayDropMore) expect(kept).toBeLessThanOrEqual(maxBytes)
      }),
    )
  })
})
