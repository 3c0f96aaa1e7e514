import { Buffer } from 'node:buffer'
import type { LogReader } from '../log/log.ts'
import type { PayloadEncoding } from '../wire/payload-encoding.ts'
import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { frameRecord } from '../wire/record-frame.ts'
import { retryAfterShutdown } from './shutdown-retry.ts'

/** The bytes of one event. */
export interface EncodedFrame {
  readonly text: string
  /** UTF-8 bytes of it. */
  readonly bytes: number
}

/** Newest frames kept for each encoding: readers that keep up are this near to each other. */
const SLOTS = 256

/** Larger ones are framed anew for each reader: a few images must not fill the memory. */
const MAX_CHARACTERS = 16_384

/** The caches of streams that several connections read. */
const caches = new WeakMap<LogReader, FrameCache>()

/**
 * Frames of one stream in this process: what many connections read in the same encoding is
 * serialised once. Keeps nothing while there is only one reader, who would never ask again.
 */
export class FrameCache {
  readonly #log: LogReader
  readonly #rings = new Map<
    PayloadEncoding,
    (readonly [seq: number, frame: EncodedFrame] | undefined)[]
  >()
  #users = 0

  private constructor(log: LogReader) {
    this.#log = log
  }

  /** The cache of a log, for one more reader until it calls `release`. */
  static of(log: LogReader): FrameCache {
    const cache = caches.get(log) ?? new FrameCache(log)
    caches.set(log, cache)
    cache.#users++
    return cache
  }

  release(): void {
    if (--this.#users < 2) this.#rings.clear()
  }

  frame(record: LogRecord, encoding: PayloadEncoding): EncodedFrame {
    const isShared = this.#users > 1 && record.json.length <= MAX_CHARACTERS
    // Clients that are to come back after a shutdown are each told another time.
    if (!isShared || isTerminal(record)) return makeFrame(this.#log.streamId, record, encoding)
    let ring = this.#rings.get(encoding)
    if (ring === undefined) {
      ring = Array.from({ length: SLOTS }, () => undefined)
      this.#rings.set(encoding, ring)
    }
    const kept = ring[record.seq % SLOTS]
    if (kept?.[0] === record.seq) return kept[1]
    const frame = makeFrame(this.#log.streamId, record, encoding)
    ring[record.seq % SLOTS] = [record.seq, frame]
    return frame
  }
}

/** Frames a record, with a time to come back where it says that the server shuts down. */
export function makeFrame(
  streamId: string,
  record: LogRecord,
  encoding: PayloadEncoding,
): EncodedFrame {
  const text = frameRecord(streamId, record, encoding, retryAfterShutdown(record))
  // All but the JSON is ASCII; asking for the length of the whole would put its parts together,
  // which the socket does once more for what goes out with it.
  const isJson = encoding === 'json'
  const bytes = isJson
    ? text.length - record.json.length + jsonBytes(record)
    : Buffer.byteLength(text)
  return { text, bytes }
}
