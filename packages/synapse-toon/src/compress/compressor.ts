import type { Buffer } from 'node:buffer'
import type { CompressionState } from './back-off.ts'
import type { ContentEncoding } from './content-encoding.ts'

/** Bytes that the caller wants to fill itself before and after the compressed ones. */
export interface Room {
  readonly before: number
  readonly after: number
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
  /** Bytes given out so far, without `room`. */
  readonly bytesOut: number

  /**
   * Compresses text so that the client can decode all of it at once.
   *
   * Whatever the text is, no more is given out than came in, and 18 bytes for the stream, and 16 for
   * each call and each 64 KiB, counted from the beginning of the stream on.
   *
   * @param text in the flush style `comment`: complete lines of an event stream
   * @param bytes its length in UTF-8; must be right, where it equals `text.length` the text is ASCII
   * @param room left free at both ends, for the head and tail of an HTTP chunk; default none
   * @returns bytes that nobody else writes to: they may be kept, and handed to a socket
   */
  compress(text: string, bytes: number, room?: Room): Buffer

  /** What makes the stream complete: the last block, the checksum. Call it once, last. */
  finish(room?: Room): Buffer

  /** Frees what is not freed by itself. Call it once, after `finish` or instead of it. */
  close(): void
}
