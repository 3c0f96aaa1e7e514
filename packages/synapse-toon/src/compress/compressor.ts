import type { Buffer } from 'node:buffer'
import type { CompressionState } from './back-off.ts'
import type { ContentEncoding } from './content-encoding.ts'

/** What goes around the bytes of one output, in the same memory: the head and tail of an HTTP chunk. */
export interface Envelope {
  /** Most bytes before them. */
  readonly before: number
  /** Bytes after them. */
  readonly after: number
  /**
   * Closes the envelope around what `target` has from `start` to `end`.
   *
   * @returns position of its first byte, at least `start - before`; its last is right before
   *   `end + after`
   */
  seal(target: Uint8Array, start: number, end: number): number
}

/**
 * The compressed body of one response. Works at once and on the caller's thread: the thread pool
 * would let a token wait behind other streams, and a promise costs as much as the compression.
 */
export interface Compressor {
  readonly encoding: ContentEncoding
  /** Whether it compresses, and if not, why. */
  readonly state: CompressionState
  /** Bytes of text taken so far. */
  readonly bytesIn: number
  /** Bytes given out so far, without envelopes. */
  readonly bytesOut: number

  /**
   * Compresses text so that the client can decode all of it at once.
   *
   * Whatever the text is, no more is given out than came in, and 18 bytes for the stream, and 16 for
   * each call and each 64 KiB, counted from the beginning of the stream on.
   *
   * @param text in the flush style `comment`: complete lines of an event stream
   * @param bytes its length in UTF-8; must be right, where it equals `text.length` the text is ASCII
   * @param envelope around the bytes; default none
   * @returns bytes that nobody else writes to: they may be kept, and handed to a socket
   */
  compress(text: string, bytes: number, envelope?: Envelope): Buffer

  /** What makes the stream complete: the last block, the checksum. Call it once, last. */
  finish(envelope?: Envelope): Buffer

  /** Frees what is not freed by itself. Call it once, after `finish` or instead of it. */
  close(): void
}
