import { Buffer } from 'node:buffer'
import type { Wrapper } from './wrapper.ts'

/** [RFC 1950 §2.2] DEFLATE with a window of 32 KiB, no dictionary. */
const HEAD = Uint8Array.of(0x78, 0x01)
/** Largest prime below 2^16 [RFC 1950 §8.2]. */
const MODULUS = 65_521
/** Most bytes that can be summed up before a sum passes 2^31. */
const RUN = 3_800

/** The zlib format [RFC 1950], which is what `deflate` means [RFC 9110 §8.4.1.2]. */
export class ZlibWrapper implements Wrapper {
  readonly head = HEAD
  // Adler-32 [RFC 1950 §8.2], which Node has no function for.
  #low = 1
  #high = 0

  update(bytes: Uint8Array): void {
    let low = this.#low
    let high = this.#high
    for (let start = 0; start < bytes.length; start += RUN) {
      const end = Math.min(start + RUN, bytes.length)
      for (let at = start; at < end; at++) {
        low += bytes[at]!
        high += low
      }
      low %= MODULUS
      high %= MODULUS
    }
    this.#low = low
    this.#high = high
  }

  tail(): Uint8Array {
    const tail = Buffer.alloc(4)
    tail.writeUInt16BE(this.#high, 0)
    tail.writeUInt16BE(this.#low, 2)
    return tail
  }
}
