import { Buffer } from 'node:buffer'
import type { FlushStyle } from '../flush-style.ts'
import { BitWriter, costOf, MAX_STORED, storedOverhead } from './bit-writer.ts'
import { COUNT_MASK, type CodeTable, FIXED_TABLE } from './code-table.ts'
import { deflateLarge } from './deflate-large.ts'
import { MAX_PIECE, MatchWindow } from './match-window.ts'
import { END_OF_BLOCK, MAX_DISTANCE } from './symbols.ts'
import { TableChooser } from './table-chooser.ts'
import { TABLES } from './tables.ts'
import type { Wrapper } from './wrapper.ts'

const COLON = 0x3a
const NEWLINE = 0x0a

/** Most bits that coded text may be longer than its bytes; beyond, it is stored as it is. */
const STORE_SLACK_BITS = 64
/** Longest text that is coded at once: a newline that ends a comment may come before it. */
const MOST_AT_ONCE = MAX_PIECE - 1
/** Bytes of a longer text by which it is told whether it is like what came before. */
const PROBE_BYTES = 512
/** Share of its bytes that a piece takes at most where it is. */
const LIKE_BEFORE = 0.25
/** Above so many bytes, zlib comes out smaller even then. */
const MOST_LARGE = 8 * 1024
/** Bits of the end of one block and the beginning of another, at most. */
const BLOCK_CHANGE_BITS = 20
/** An empty block with fixed codes, and the mark that it is the last one [RFC 1951 §3.2.3]. */
const FINAL_BLOCK = (0b011 << 5) | 10

/**
 * One endless DEFLATE stream [RFC 1951] of text that comes in small pieces, each of which must be
 * decodable at once.
 *
 * zlib begins a block for each flush: five bytes, and codes that know nothing of the text. Here one
 * block never ends; its codes were trained on streams like these and cost their header once.
 */
export class DeflateStream {
  readonly #window = new MatchWindow()
  readonly #bits = new BitWriter()
  readonly #chooser = new TableChooser()
  readonly #wrapper: Wrapper
  readonly #style: FlushStyle
  /** Codes of the open block; undefined where none is open. */
  #open: CodeTable | undefined
  #flushes = 0
  /** The decoder has the beginning of a comment line. */
  #inComment = false
  /** Up to here the wrapper has summed up the window's bytes. */
  #summed = 0
  /** Bytes that were saved so far: what a header may cost, so that never more is sent than came. */
  #saved = 0

  constructor(wrapper: Wrapper, style: FlushStyle) {
    this.#wrapper = wrapper
    this.#style = style
  }

  /** Bytes of typed arrays that this stream holds. */
  get byteLength(): number {
    return this.#window.byteLength
  }

  /** Most bytes that one `write` or `store` of so much text puts out. */
  static bound(bytes: number): number {
    return bytes + storedOverhead(bytes) + MOST_HEADER_BYTES + PADDING_BYTES
  }

  /**
   * Writes text so that all of it can be decoded at once.
   *
   * @param bytes length of `text` in UTF-8
   * @param target has room for `bound(bytes)` from `at` on
   * @returns position in `target` after the last byte
   */
  write(text: string, bytes: number, target: Buffer, at: number): number {
    // All before it was flushed already.
    if (bytes === 0) return at
    this.#bits.begin(target, at)
    if (bytes <= MOST_AT_ONCE) this.#writeSmall(text, bytes)
    else this.#writeLarge(this.#endComment(Buffer.from(text, 'utf8')))
    this.#flush(text)
    this.#saved += bytes - (this.#bits.at - at)
    return this.#bits.end()
  }

  /** The same without compression: nearly free of processor time. */
  store(text: string, bytes: number, target: Buffer, at: number): number {
    if (bytes === 0) return at
    this.#bits.begin(target, at)
    const stored = this.#endComment(Buffer.from(text, 'utf8'))
    this.#sum()
    this.#wrapper.update(stored)
    this.#storeBytes(stored)
    this.#window.clear()
    this.#summed = 0
    if (this.#style === 'marker') this.#bits.beginStored(0)
    this.#saved += bytes - (this.#bits.at - at)
    return this.#bits.end()
  }

  /** Writes the last block; the wrapper has all of the text then. */
  finish(target: Buffer, at: number): number {
    this.#bits.begin(target, at)
    if (this.#inComment) {
      this.#window.writeByte(NEWLINE)
      this.#bits.write(this.#open!.literals[NEWLINE]!)
    }
    this.#closeBlock()
    this.#bits.write(FINAL_BLOCK)
    this.#bits.align()
    this.#sum()
    return this.#bits.end()
  }

  #writeSmall(text: string, bytes: number): void {
    const window = this.#window
    this.#makeRoom(bytes + 1)
    const start = window.end
    if (this.#inComment) window.writeByte(NEWLINE)
    this.#inComment = false
    window.writeText(text, bytes)
    this.#code(start, Number.POSITIVE_INFINITY)
  }

  /**
   * Goes on piece by piece as long as each is much like what came before, as in a burst of events.
   * New text is left to zlib: with codes and a window of its own it is smaller by then, and faster.
   */
  #writeLarge(bytes: Buffer): void {
    const window = this.#window
    for (let at = 0; at < bytes.length; ) {
      const rest = bytes.subarray(at)
      if (rest.length > MOST_LARGE) return this.#writeByZlib(rest)
      const piece = rest.subarray(0, at === 0 ? PROBE_BYTES : MOST_AT_ONCE)
      this.#makeRoom(piece.length)
      const start = window.end
      window.writeBytes(piece)
      const isLast = piece.length === rest.length
      const mostBits = isLast ? Number.POSITIVE_INFINITY : LIKE_BEFORE * 8 * piece.length
      if (!this.#code(start, mostBits)) {
        window.end = start
        return this.#writeByZlib(rest)
      }
      at += piece.length
    }
  }

  #makeRoom(bytes: number): void {
    if (this.#window.hasRoom(bytes)) return
    this.#sum()
    this.#window.slide()
    this.#summed = this.#window.end
  }

  /**
   * Codes what the window has from `start` on.
   *
   * @returns false when it would have taken more than `mostBits`; nothing was written then
   */
  #code(start: number, mostBits: number): boolean {
    const window = this.#window
    const before = this.#open ?? FIXED_TABLE
    const count = window.parse(start, before)
    const rawBits = 8 * (window.end - start)
    const mayTake = 8 * this.#saved + rawBits - BLOCK_CHANGE_BITS
    const goesOn = this.#style === 'comment'
    const weight = TableChooser.weight(before, ++this.#flushes, goesOn)
    const table = weight > 0 ? this.#chooser.choose(weight, count, before, mayTake, goesOn) : before
    const cost = costOf(count, table)
    if (cost > mostBits) return false
    if (cost > rawBits + STORE_SLACK_BITS) {
      this.#sum()
      this.#storeBytes(window.bytes.subarray(start, window.end))
      return true
    }
    if (table !== this.#open) {
      this.#closeBlock()
      this.#bits.writeAll(table.header)
      this.#open = table
    }
    this.#bits.writeTokens(count, table)
    return true
  }

  #writeByZlib(bytes: Uint8Array): void {
    const window = this.#window
    this.#sum()
    const start = Math.max(0, window.end - MAX_DISTANCE)
    const deflated = deflateLarge(bytes, window.bytes.subarray(start, window.end))
    if (deflated.length < bytes.length) {
      this.#closeBlock()
      // What zlib wrote begins at a byte.
      if (this.#bits.pendingBits > 0) this.#bits.beginStored(0)
      this.#bits.writeBytes(deflated)
    } else {
      this.#storeBytes(bytes)
    }
    this.#wrapper.update(bytes)
    window.clear()
    window.writeBytes(bytes.subarray(-MAX_DISTANCE))
    window.indexFrom(0)
    this.#summed = window.end
  }

  /** Ends an open comment line before bytes that do not go through the window. */
  #endComment(bytes: Buffer): Buffer {
    if (!this.#inComment) return bytes
    this.#inComment = false
    return Buffer.concat([NEWLINE_BYTES, bytes])
  }

  /** Stores bytes that the wrapper has summed up, or will. */
  #storeBytes(bytes: Uint8Array): void {
    this.#closeBlock()
    for (let at = 0; at < bytes.length; at += MAX_STORED) {
      const part = bytes.subarray(at, at + MAX_STORED)
      this.#bits.beginStored(part.length)
      this.#bits.writeBytes(part)
    }
  }

  /** Pushes out the last bits, so that the decoder has all that was written. */
  #flush(text: string): void {
    const { pendingBits } = this.#bits
    if (this.#style === 'marker' || (pendingBits > 0 && !text.endsWith('\n'))) {
      this.#closeBlock()
      this.#bits.beginStored(0)
      return
    }
    if (pendingBits === 0) return
    const colon = this.#open!.literals[COLON]!
    for (let filled = pendingBits; filled < 8; filled += colon & COUNT_MASK) {
      this.#window.writeByte(COLON)
      this.#bits.write(colon)
    }
    this.#inComment = true
  }

  #closeBlock(): void {
    if (this.#open === undefined) return
    this.#bits.write(this.#open.literals[END_OF_BLOCK]!)
    this.#open = undefined
  }

  /** Sums up what was not yet: much at once, because a call costs more than its bytes. */
  #sum(): void {
    if (this.#summed === this.#window.end) return
    this.#wrapper.update(this.#window.bytes.subarray(this.#summed, this.#window.end))
    this.#summed = this.#window.end
  }
}

const NEWLINE_BYTES = Buffer.from('\n')
/** The longest header, and what changes the block before it. */
const MOST_HEADER_BYTES = Math.ceil(
  (Math.max(...TABLES.map((table) => table.headerBits)) + BLOCK_CHANGE_BITS) / 8,
)
/** Coded text that is longer than raw, the bits that push it out, and an empty stored block. */
const PADDING_BYTES = STORE_SLACK_BITS / 8 + 3 + 6
