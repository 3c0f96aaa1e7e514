import { Buffer } from 'node:buffer'
import type { LogReader } from '../log/log.ts'
import { END_SEQ } from '../wire/event-id.ts'
import type { PayloadEncoding } from '../wire/payload-encoding.ts'
import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { frameRecord } from '../wire/record-frame.ts'
import { retryAfterShutdown } from './shutdown-retry.ts'
import { endReasonOf } from './terminal-record.ts'

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

type Ring = (readonly [seq: number, frame: EncodedFrame] | undefined)[]

/** The caches of streams that several connections read. */
const caches = new WeakMap<LogReader, FrameCache>()

/**
 * Frames of one stream in this process: what many connections read in the same encoding is
 * serialised once. Keeps nothing for one reader alone, who would never ask again.
 */
export class FrameCache {
  readonly #log: LogReader
  /** By encoding; none as long as one reader alone has asked. */
  #rings: Map<PayloadEncoding, Ring> | undefined
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
    if (--this.#users === 0) this.#rings = undefined
  }

  frame(record: LogRecord, encoding: PayloadEncoding): EncodedFrame {
    // The last of several still finds what was framed for all of them.
    const isRead = this.#users > 1 || this.#rings !== undefined
    const isShared = isRead && record.json.length <= MAX_CHARACTERS
    // Clients that are to come back after a shutdown are each told another time.
    if (!isShared || isTerminal(record)) return makeFrame(this.#log.streamId, record, encoding)
    const ring = this.#ring(encoding)
    const kept = ring[record.seq % SLOTS]
    if (kept?.[0] === record.seq) return kept[1]
    const frame = makeFrame(this.#log.streamId, record, encoding)
    ring[record.seq % SLOTS] = [record.seq, frame]
    return frame
  }

  #ring(encoding: PayloadEncoding): Ring {
    this.#rings ??= new Map()
    let ring = this.#rings.get(encoding)
    if (ring === undefined) {
      ring = Array.from({ length: SLOTS }, () => undefined)
      this.#rings.set(encoding, ring)
    }
    return ring
  }
}

export function makeFrame(
  streamId: string,
  record: LogRecord,
  encoding: PayloadEncoding,
): EncodedFrame {
  const text = isTerminal(record)
    ? terminalText(streamId, record, encoding)
    : frameRecord(streamId, record, encoding)
  // All but the JSON is ASCII; asking for the length of the whole would put its parts together,
  // which the socket does once more for what goes out with it.
  const isJson = encoding === 'json'
  const bytes = isJson
    ? text.length - record.json.length + jsonBytes(record)
    : Buffer.byteLength(text)
  return { text, bytes }
}

/**
 * An end, with a time to come back where the server shuts down. One that a log found out by itself
 * has an id of its own: its client may have had a record of the same position, from the memory of
 * the process that is gone, and must be told all the same.
 */
function terminalText(streamId: string, record: LogRecord, encoding: PayloadEncoding): string {
  const isLost = endReasonOf(record) === 'producer-lost'
  const end = isLost ? { ...record, seq: END_SEQ } : record
  return frameRecord(streamId, end, encoding, retryAfterShutdown(record))
}
