import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import type { Wrapper } from './wrapper.ts'

/** [RFC 1952 §2.3] DEFLATE, no flags, no time, of an unknown system. */
const HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)

/** The gzip format [RFC 1952]. */
export class GzipWrapper implements Wrapper {
  readonly head = HEAD
  #crc = 0
  #size = 0

  update(bytes: Uint8Array): void {
    this.#crc = crc32(bytes, this.#crc)
    this.#size += bytes.length
  }

  tail(): Uint8Array {
    const tail = Buffer.alloc(8)
    tail.writeUInt32LE(this.#crc, 0)
    // [RFC 1952 §2.3.1] modulo 2^32.
    tail.writeUInt32LE(this.#size >>> 0, 4)
    return tail
  }
}
