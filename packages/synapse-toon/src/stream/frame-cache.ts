import { Buffer } from 'node:buffer'
import type { LogReader } from '../log/log.ts'
import type { Profile } from '../profile/profile.ts'
import { END_SEQ } from '../wire/event-id.ts'
import type { PayloadEncoding } from '../wire/payload-encoding.ts'
import { isTerminal, type LogRecord } from '../wire/record.ts'
import { frameRecord } from '../wire/record-frame.ts'
import { retryAfterShutdown } from './shutdown-retry.ts'
import { endReasonOf } from './terminal-record.ts'

/** The bytes of one event. */
export interface EncodedFrame {
  readonly text: string
  /** UTF-8 bytes of it. */
  readonly bytes: number
}

/** One of a profile, which depends on what those before it have said. */
interface ProfiledFrame extends EncodedFrame {
  /** What it was framed with, and what the next one is to be. */
  readonly before: number
  readonly after: number
}

/** Newest frames kept for each encoding or profile: readers that keep up are this near to each other. */
const SLOTS = 256

/** Larger ones are framed anew for each reader: a few images must not fill the memory. */
const MAX_CHARACTERS = 16_384

type Ring<Frame> = (readonly [seq: number, frame: Frame] | undefined)[]

/** Who frames the records of a log. */
export interface FrameReader {
  /** Set once it is one of several: only then there is anything to be asked of their cache. */
  isShared: boolean
}

/** The caches of streams that several connections read. */
const caches = new WeakMap<LogReader, FrameCache>()

/**
 * Frames of one stream in this process: what many connections read in the same encoding is
 * serialised once. Keeps nothing for one reader alone, who would never ask again.
 */
export class FrameCache {
  #users = 0
  /** As long as there was no other one. */
  #only: FrameReader | undefined
  /** By encoding; none as long as one reader alone has asked. */
  #rings: Map<PayloadEncoding, Ring<EncodedFrame>> | undefined
  readonly #log: LogReader
  /** By the key of a profile, and as above. */
  #profiled: Map<string, Ring<ProfiledFrame>> | undefined
  /** Asked for first: in s since 1970. */
  #created: number | undefined

  private constructor(log: LogReader) {
    this.#log = log
  }

  /** The cache of a log, for one more reader until it calls `release`. */
  static of(log: LogReader, reader: FrameReader): FrameCache {
    let cache = caches.get(log)
    if (cache === undefined) {
      cache = new FrameCache(log)
      caches.set(log, cache)
    }
    cache.#join(reader)
    return cache
  }

  #join(reader: FrameReader): void {
    this.#users++
    if (this.#users === 1) {
      this.#only = reader
      return
    }
    if (this.#only !== undefined) this.#only.isShared = true
    this.#only = undefined
    reader.isShared = true
  }

  release(): void {
    if (--this.#users > 0) return
    this.#only = undefined
    this.#rings = undefined
    this.#profiled = undefined
  }

  frame(record: LogRecord, encoding: PayloadEncoding): EncodedFrame {
    // The last of several still finds what was framed for all of them.
    const isRead = this.#users > 1 || this.#rings !== undefined
    const isShared = isRead && record.json.length <= MAX_CHARACTERS
    // Clients that are to come back after a shutdown are each told another time.
    if (!isShared || isTerminal(record)) return this.make(record, encoding)
    this.#rings ??= new Map()
    const ring = ringOf(this.#rings, encoding)
    const kept = ring[record.seq % SLOTS]
    if (kept?.[0] === record.seq) return kept[1]
    const frame = this.make(record, encoding)
    ring[record.seq % SLOTS] = [record.seq, frame]
    return frame
  }

  /** The frame of a record that is one client's alone. */
  make(record: LogRecord, encoding: PayloadEncoding): EncodedFrame {
    const { streamId } = this.#log
    const text = isTerminal(record)
      ? terminalText(streamId, record, encoding)
      : frameRecord(streamId, record, encoding)
    return { text, bytes: Buffer.byteLength(text) }
  }

  /**
   * The same in the form of a profile.
   *
   * @param state what the frame before has given, 0 for the first of a connection
   * @param isOwn whether the record was made for one client, and is nobody else's
   */
  profiled(record: LogRecord, profile: Profile, state: number, isOwn: boolean): ProfiledFrame {
    const isRead = this.#users > 1 || this.#profiled !== undefined
    const isShared = isRead && !isOwn && record.json.length <= MAX_CHARACTERS
    if (!isShared) return this.#makeProfiled(record, profile, state)
    this.#profiled ??= new Map()
    const ring = ringOf(this.#profiled, profile.key)
    const kept = ring[record.seq % SLOTS]
    // A reader that began elsewhere may have another state at the same position.
    if (kept?.[0] === record.seq && kept[1].before === state) return kept[1]
    const frame = this.#makeProfiled(record, profile, state)
    ring[record.seq % SLOTS] = [record.seq, frame]
    return frame
  }

  #makeProfiled(record: LogRecord, profile: Profile, before: number): ProfiledFrame {
    // Of the wall, not of our clock, whose times mean nothing to a client.
    this.#created ??= Math.floor(Date.now() / 1000)
    const stream = { streamId: this.#log.streamId, created: this.#created }
    const { text, state } = profile.frame(stream, record, before)
    return { text, bytes: Buffer.byteLength(text), before, after: state }
  }
}

function ringOf<Key, Frame>(rings: Map<Key, Ring<Frame>>, key: Key): Ring<Frame> {
  let ring = rings.get(key)
  if (ring === undefined) {
    ring = Array.from({ length: SLOTS }, () => undefined)
    rings.set(key, ring)
  }
  return ring
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
