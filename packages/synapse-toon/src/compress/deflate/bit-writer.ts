import { COUNT_BITS, COUNT_MASK, type CodeTable } from './code-table.ts'
import { FIRST_MATCH_TOKEN, TOKENS, tokenDistance, tokenLength } from './match-window.ts'

/** Bytes before a stored block's data: its length, and the same inverted [RFC 1951 §3.2.4]. */
const STORED_LENGTH_BYTES = 4
/** Most that one stored block holds [RFC 1951 §3.2.4]. */
export const MAX_STORED = 65_535
/** "Not the last block", "stored" [RFC 1951 §3.2.3]. */
const STORED_HEADER_BITS = 3

const NO_TARGET = new Uint8Array(0)
/** A larger target is let go of after its flush. */
const MOST_KEPT_BYTES = 64 * 1024

/**
 * Where the bits of a flush go: of all writers, since one of them writes at a time, and mostly to where
 * the one before did. A reference of each stream's own, to memory that is young, would be work for the
 * collector with each flush.
 */
let target: Uint8Array = NO_TARGET

/**
 * Packs bits into bytes [RFC 1951 §3.1.1]. What does not fill a byte waits for what comes next, so
 * each stream has one; where the bytes go is said anew for each flush.
 */
export class BitWriter {
  /** Where the next byte goes. */
  at = 0
  #pending = 0
  /** Bits that wait for the rest of their byte, 0 to 7. */
  pendingBits = 0

  /** From here to `end`, no other writer may write. */
  begin(into: Uint8Array, at: number): void {
    if (target !== into) target = into
    this.at = at
  }

  /** @returns position after the last byte; the bits that wait are kept */
  end(): number {
    if (target.length > MOST_KEPT_BYTES) target = NO_TARGET
    return this.at
  }

  /** @param bits packed, see `CodeTable` */
  write(bits: number): void {
    this.#pending |= (bits >>> COUNT_BITS) << this.pendingBits
    this.pendingBits += bits & COUNT_MASK
    while (this.pendingBits >= 8) {
      target[this.at++] = this.#pending
      this.#pending >>>= 8
      this.pendingBits -= 8
    }
  }

  writeAll(bits: Uint32Array): void {
    for (const each of bits) this.write(each)
  }

  /** Writes the first `count` of `TOKENS`. */
  writeTokens(count: number, { literals, lengths, distances }: CodeTable): void {
    // Locals, because this loop is where the time goes.
    const bytes = target
    let { at, pendingBits } = this
    let pending = this.#pending
    for (let i = 0; i < count; i++) {
      const token = TOKENS[i]!
      const isMatch = token >= FIRST_MATCH_TOKEN
      let bits = isMatch ? lengths[tokenLength(token)]! : literals[token]!
      pending |= (bits >>> COUNT_BITS) << pendingBits
      pendingBits += bits & COUNT_MASK
      while (pendingBits >= 8) {
        bytes[at++] = pending
        pending >>>= 8
        pendingBits -= 8
      }
      if (!isMatch) continue
      bits = distances[tokenDistance(token)]!
      pending |= (bits >>> COUNT_BITS) << pendingBits
      pendingBits += bits & COUNT_MASK
      while (pendingBits >= 8) {
        bytes[at++] = pending
        pending >>>= 8
        pendingBits -= 8
      }
    }
    this.at = at
    this.#pending = pending
    this.pendingBits = pendingBits
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.pendingBits > 0) this.write(8 - this.pendingBits)
  }

  /**
   * Begins a stored block: `length` bytes must follow, by `writeBytes`. With 0 it is what zlib
   * calls a sync flush.
   */
  beginStored(length: number): void {
    this.write(STORED_HEADER_BITS)
    this.align()
    this.writeUint16(length)
    this.writeUint16(length ^ 0xffff)
  }

  /** Only where no bits wait. */
  writeBytes(bytes: Uint8Array): void {
    target.set(bytes, this.at)
    this.at += bytes.length
  }

  /** Little-endian, as DEFLATE and gzip have it. Only where no bits wait. */
  writeUint16(value: number): void {
    target[this.at++] = value
    target[this.at++] = value >>> 8
  }
}

/** Bits that the first `count` of `TOKENS` take. */
export function costOf(count: number, { literals, lengths, distances }: CodeTable): number {
  let bits = 0
  for (let i = 0; i < count; i++) {
    const token = TOKENS[i]!
    if (token < FIRST_MATCH_TOKEN) bits += literals[token]! & COUNT_MASK
    else {
      bits += lengths[tokenLength(token)]! & COUNT_MASK
      bits += distances[tokenDistance(token)]! & COUNT_MASK
    }
  }
  return bits
}

/** Most bytes that stored blocks add to `bytes` of text, with the bits that waited. */
export function storedOverhead(bytes: number): number {
  return (STORED_LENGTH_BYTES + 2) * (1 + Math.ceil(bytes / MAX_STORED))
}
