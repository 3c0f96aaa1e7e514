import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteQueue } from './byte-queue.ts'

describe('ByteQueue', () => {
  it('gives back the pushed bytes in order, and is empty afterwards', () => {
    const queue = new ByteQueue()
    queue.push(new Uint8Array([1, 2]))
    queue.push(new Uint8Array([]))
    queue.push(new Uint8Array([3]))
    expect(queue.length).toBe(3)
    expect([...queue.take()]).toEqual([1, 2, 3])
    expect(queue.length).toBe(0)
    expect([...queue.take()]).toEqual([])
  })

  it('copies what is pushed, so that the caller may reuse the array', () => {
    const queue = new ByteQueue()
    const scratch = new Uint8Array([7])
    queue.push(scratch)
    scratch[0] = 8
    queue.push(scratch)
    expect([...queue.take()]).toEqual([7, 8])
  })

  it('keeps the bytes while it grows, however they are cut', () => {
    const piece = fc.uint8Array({ maxLength: 5000 })
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 8 }), { maxLength: 4 }), (lines) => {
        const queue = new ByteQueue()
        for (const pieces of lines) {
          for (const bytes of pieces) queue.push(bytes)
          expect(Buffer.from(queue.take()).equals(Buffer.concat(pieces))).toBe(true)
        }
      }),
      { numRuns: 50 },
    )
  })

  it.each([1, 3, 1000, 1025, 100_000])(
    'copies at most 3 n bytes for n bytes in pieces of %i',
    (size) => {
      const queue = new ByteQueue()
      const total = 300_000
      for (let sent = 0; sent < total; sent += size) {
        queue.push(new Uint8Array(Math.min(size, total - sent)))
      }
      expect(queue.length).toBe(total)
      expect(queue.copied).toBeLessThanOrEqual(3 * total)
    },
  )

  it('stays within 3 n bytes when every line is huge and its buffer is let go', () => {
    const queue = new ByteQueue()
    const total = 5 * 100_000
    for (let line = 0; line < 5; line++) {
      for (let piece = 0; piece < 100; piece++) queue.push(new Uint8Array(1000))
      expect(queue.take().length).toBe(100_000)
    }
    expect(queue.copied).toBeLessThanOrEqual(3 * total)
  })

  it('lets the buffer of a huge line go and keeps one of usual size', () => {
    const queue = new ByteQueue()
    queue.push(new Uint8Array(50_000))
    const usual = queue.take().buffer
    queue.push(new Uint8Array(1))
    expect(queue.take().buffer).toBe(usual)

    queue.push(new Uint8Array(1_000_000))
    const huge = queue.take().buffer
    queue.push(new Uint8Array(1))
    const after = queue.take().buffer
    expect(after).not.toBe(huge)
    expect(after.byteLength).toBeLessThanOrEqual(65_536)
  })
})
