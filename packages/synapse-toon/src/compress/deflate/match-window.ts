import { Buffer } from 'node:buffer'
import { COUNT_MASK, type CodeTable } from './code-table.ts'
import { MAX_DISTANCE, MAX_MATCH, MIN_MATCH } from './symbols.ts'

/**
 * Text that matches may point into, and room for what comes next, in bytes. With the index of 1 KiB
 * it is nearly all that a stream holds, which may be 12 KiB.
 */
const CAPACITY = 6 * 1024
/** Read beyond the end, because four bytes are compared at once. */
const SLACK = 4
/** Longest piece that there is always room for after `slide`, which keeps all within `MAX_DISTANCE`. */
export const MAX_PIECE = CAPACITY - SLACK - MAX_DISTANCE

/**
 * Places in the index: the last two positions of each of 256 kinds of three bytes. One of 4 KiB saves
 * a hundredth of the bytes, and takes a fifth more time: with a thousand streams, most of what a
 * stream looks at is not in the processor's cache any more.
 */
const HASH_BITS = 8
const HASH_SHIFT = 32 - HASH_BITS
const WAYS = 2
const INDEX_LENGTH = WAYS << HASH_BITS
const INDEX_BYTES = INDEX_LENGTH * Uint16Array.BYTES_PER_ELEMENT
const POSITION_MASK = 0xffff
/** Spreads the bits of three bytes over the highest `HASH_BITS`: 2^32 divided by the golden ratio. */
const HASH_FACTOR = 0x9e3779b1

/**
 * From this length on, a match is valued by its length alone, each byte at `TYPICAL_LITERAL_BITS`:
 * adding up what its letters would cost takes longer than it gains.
 */
const LONG_MATCH = 12
const TYPICAL_LITERAL_BITS = 6
/** A match of this length is taken without a look whether one that begins a byte later is better. */
const GOOD_MATCH = 64
/**
 * Inside a long match little but its beginning is put into the index: templates repeat, so that what
 * begins in the middle of a match is found by way of its beginning.
 */
const INDEXED_START = 2
const INDEXED_STEP = 32

/** A token below this is a literal byte, any other a match. */
export const FIRST_MATCH_TOKEN = 512
const LENGTH_MASK = FIRST_MATCH_TOKEN - 1
const LENGTH_BITS = 9

export const tokenLength = (token: number): number => token & LENGTH_MASK
export const tokenDistance = (token: number): number => token >>> LENGTH_BITS

/**
 * What `parse` found last, for all windows: literal bytes, and matches as `distance << 9 | length`.
 * Valid until the next `parse`.
 */
export const TOKENS = new Int32Array(MAX_PIECE + SLACK)

/** Bytes that a processor fetches together. */
const CACHE_LINE_BYTES = 64

/** The text of one stream, as far back as a match may reach, and what is repeated in it. */
export class MatchWindow {
  /** Position after the last byte. */
  end = 0
  /** One piece of memory for text and index: each has a weight of its own. */
  readonly #memory = new ArrayBuffer(CAPACITY + INDEX_BYTES)
  readonly bytes = Buffer.from(this.#memory, 0, CAPACITY)
  readonly #view = new DataView(this.#memory, 0, CAPACITY)
  /**
   * Positions of what has this hash, the newest first, counted from the beginning of the stream,
   * modulo 2^16. So nothing needs to be changed when the text slides, and an entry that is old, or
   * none, is only a proposal: the text is compared.
   */
  readonly #index = new Uint16Array(this.#memory, CAPACITY)
  /** Position of `bytes[0]` in the stream. */
  #origin = 0
  // What `#find` found.
  #length = 0
  #distance = 0
  #gain = 0

  /** Bytes held, for tests of the memory of a stream. */
  get byteLength(): number {
    return this.#memory.byteLength
  }

  hasRoom(bytes: number): boolean {
    return this.end + bytes <= CAPACITY - SLACK
  }

  /** Makes room by forgetting what no match can reach. */
  slide(): void {
    const cut = this.end - MAX_DISTANCE
    if (cut <= 0) return
    this.bytes.copyWithin(0, cut, this.end)
    this.end = MAX_DISTANCE
    this.#origin += cut
  }

  /** Forgets everything: the decoder has seen text that this window has not. */
  clear(): void {
    // What the index still has are proposals, and none can point before the beginning.
    this.end = 0
  }

  /** Appends text that there is room for. */
  writeText(text: string, bytes: number): void {
    // ASCII needs no encoder.
    this.bytes.write(text, this.end, bytes, bytes === text.length ? 'latin1' : 'utf8')
    this.end += bytes
  }

  /** The same for bytes. */
  writeBytes(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.end)
    this.end += bytes.length
  }

  writeByte(byte: number): void {
    this.bytes[this.end++] = byte
  }

  /** Puts text into the index that was written without `parse`. */
  indexFrom(start: number): void {
    for (let at = start; at <= this.end - MIN_MATCH; at++) this.#insert(at)
  }

  /**
   * Finds what is repeated in the text from `start` to the end, and leaves it in `TOKENS`.
   *
   * @param table what literals and matches will cost
   * @returns number of tokens
   */
  parse(start: number, table: CodeTable): number {
    this.#fetch(start)
    const { bytes, end } = this
    const last = end - MIN_MATCH
    let at = start
    let count = 0
    while (at <= last) {
      this.#find(at, table)
      // Lazy matching: while the match that begins a byte later is better, this byte is a literal.
      let length = this.#length
      let distance = this.#distance
      while (length > 0 && length < GOOD_MATCH && at < last) {
        const gain = this.#gain
        this.#find(at + 1, table)
        if (this.#gain <= gain) break
        TOKENS[count++] = bytes[at++]!
        length = this.#length
        distance = this.#distance
      }
      if (length === 0) {
        TOKENS[count++] = bytes[at++]!
        continue
      }
      const next = at + length
      this.#insertInside(at, Math.min(next, last + 1))
      for (; length >= MIN_MATCH; length -= MAX_MATCH) {
        const part = length > MAX_MATCH ? MAX_MATCH : length
        TOKENS[count++] = (distance << LENGTH_BITS) | part
        at += part
      }
      // What a longest match leaves over, where it is too short for another one.
      while (at < next) TOKENS[count++] = bytes[at++]!
    }
    while (at < end) TOKENS[count++] = bytes[at++]!
    return count
  }

  /**
   * Has the processor fetch what `parse` looks at, all at once. A thousand streams take turns, so that
   * none finds its memory in the cache; one miss after the other took a quarter of the time.
   */
  #fetch(start: number): void {
    const { bytes } = this
    const index = this.#index
    let sum = 0
    const step = CACHE_LINE_BYTES / Uint16Array.BYTES_PER_ELEMENT
    for (let i = 0; i < INDEX_LENGTH; i += step) sum += index[i]!
    for (let at = 0; at < start; at += CACHE_LINE_BYTES) sum += bytes[at]!
    // Beyond all tokens; a sum that goes nowhere would not be made.
    TOKENS[MAX_PIECE] = sum
  }

  #hash(at: number): number {
    // The fourth byte is shifted out.
    return Math.imul(this.#view.getInt32(at, true) << 8, HASH_FACTOR) >>> HASH_SHIFT
  }

  #insert(at: number): void {
    const index = this.#index
    const slot = this.#hash(at) * WAYS
    const position = (this.#origin + at) & POSITION_MASK
    const newest = index[slot]!
    if (newest === position) return
    index[slot + 1] = newest
    index[slot] = position
  }

  #insertInside(start: number, end: number): void {
    const early = Math.min(start + INDEXED_START, end)
    let at = start + 1
    for (; at < early; at++) this.#insert(at)
    for (; at < end; at += INDEXED_STEP) this.#insert(at)
  }

  /** Finds the match at a position that saves most, and puts the position into the index. */
  #find(at: number, table: CodeTable): void {
    const index = this.#index
    const slot = this.#hash(at) * WAYS
    const position = (this.#origin + at) & POSITION_MASK
    const newest = index[slot]!
    const older = index[slot + 1]!
    index[slot + 1] = newest
    index[slot] = position
    this.#length = 0
    this.#gain = 0
    this.#weigh(at, (position - newest) & POSITION_MASK, table)
    this.#weigh(at, (position - older) & POSITION_MASK, table)
  }

  #weigh(at: number, distance: number, table: CodeTable): void {
    let q = at - distance
    if (distance === 0 || distance > MAX_DISTANCE || q < 0) return
    const view = this.#view
    const { bytes, end } = this
    // The fourth byte is shifted out.
    if ((view.getInt32(at, true) ^ view.getInt32(q, true)) << 8 !== 0) return
    let p = at + MIN_MATCH
    q += MIN_MATCH
    while (p + 4 <= end && view.getInt32(p, true) === view.getInt32(q, true)) {
      p += 4
      q += 4
    }
    while (p < end && bytes[p] === bytes[q]) {
      p++
      q++
    }
    const length = p - at
    const gain = this.#worth(at, length, table) - (table.distances[distance]! & COUNT_MASK)
    if (gain <= this.#gain) return
    this.#gain = gain
    this.#length = length
    this.#distance = distance
  }

  /** Bits that literals would cost more than the length of a match does. */
  #worth(at: number, length: number, table: CodeTable): number {
    if (length > MAX_MATCH) return TYPICAL_LITERAL_BITS * length
    const cost = table.lengths[length]! & COUNT_MASK
    if (length >= LONG_MATCH) return TYPICAL_LITERAL_BITS * length - cost
    let literals = 0
    for (let i = 0; i < length; i++) literals += table.literals[this.bytes[at + i]!]! & COUNT_MASK
    return literals - cost
  }
}
