import { Buffer } from 'node:buffer'
import type { Envelope } from './compressor.ts'

/**
 * Size of the pieces that small outputs are cut from, in bytes. A stalled connection can keep a
 * whole piece alive by one flush; Node's own pool has 8 KiB for the same.
 */
const SLAB_BYTES = 16 * 1024
/** From this on an output gets memory of its own: it would use a slab up. */
const LARGE_BYTES = SLAB_BYTES / 4

export const NO_ENVELOPE: Envelope = { before: 0, after: 0, seal: (_target, start) => start }

/**
 * Memory that outputs are written to and given out from, without a copy where they are few bytes.
 * All streams share it, but no byte of it is given out twice.
 */
class Output {
  /** Where to write, from `at` on. */
  target = Buffer.allocUnsafeSlow(SLAB_BYTES)
  at = 0
  #slab = this.target
  #used = 0

  /** @param bound most bytes that will be written */
  reserve(bound: number, envelope: Envelope): void {
    const needed = envelope.before + bound + envelope.after
    if (needed > LARGE_BYTES) {
      this.target = Buffer.allocUnsafeSlow(needed)
      this.at = envelope.before
      return
    }
    if (this.#used + needed > SLAB_BYTES) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.#used = 0
    }
    this.target = this.#slab
    this.at = this.#used + envelope.before
  }

  /**
   * Gives out what was written since `reserve`, in its envelope.
   *
   * @param end position in `target` after the last byte
   */
  take(end: number, envelope: Envelope): Buffer {
    const start = envelope.seal(this.target, this.at, end)
    const after = end + envelope.after
    if (this.target === this.#slab) {
      this.#used = after
      return this.target.subarray(start, after)
    }
    const large = this.target
    this.target = this.#slab
    // What hardly fills its memory is copied, and lets go of it.
    return after > large.length / 2
      ? large.subarray(start, after)
      : Buffer.from(large.subarray(start, after))
  }
}

export const output = new Output()
