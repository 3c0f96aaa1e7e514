import { Buffer } from 'node:buffer'
import type { LogReader } from '../log/log.ts'
import type { Profile } from '../profile/profile.ts'
import type { PayloadEncoding } from '../wire/payload-encoding.ts'
import { payloadToJson } from '../wire/payload-json.ts'
import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { frameGap } from '../wire/record-frame.ts'
import { headPosition, restOfHead, updateHead } from '../wire/update-head.ts'
import type { EndReason } from './end-reason.ts'
import { type EncodedFrame, FrameCache, type FrameReader } from './frame-cache.ts'
import type { Merge } from './merge.ts'
import { notify, type Observer } from './observer.ts'
import { endReasonOf, terminalRecord } from './terminal-record.ts'

export interface FrameSourceInput {
  readonly log: LogReader
  readonly encoding: PayloadEncoding
  /** Position that the client has; 0 for none. */
  readonly after: number
  /** Where what waited is to be merged. */
  readonly merge: Merge | undefined
  readonly observer: Observer | undefined
  /** In which records are framed; left out: in ours. */
  readonly profile?: Profile | undefined
}

/** A frame that is made but not yet part of a batch. */
interface ReadyFrame {
  readonly frame: EncodedFrame
  /** Position that the client has once it has the frame. */
  readonly seq: number
  /** Undefined for a gap. */
  readonly record: LogRecord | undefined
}

/** Most characters of JSON merged into one payload: what is merged is parsed and written anew. */
const MERGED_CHARACTERS = 16_384

const NO_RECORDS: readonly LogRecord[] = []

/** Turns the records behind one client's position into batches of frames. */
export class FrameSource implements FrameReader {
  // What is asked for with every record stands together: see `Stream`.
  /** The batch: frames that wait to be written together. */
  text = ''
  bytes = 0
  /** Position of the last frame in a batch. */
  position: number
  /** Payload events framed. */
  chunks = 0
  isShared = false
  /** Head of the `update` frames around the position `#headAt`. */
  #head = ''
  #headAt = -1
  readonly #encoding: PayloadEncoding
  readonly #profile: Profile | undefined
  /** The terminal frame is in a batch: there is nothing more to come. */
  ended = false
  readonly #log: LogReader
  readonly #cache: FrameCache
  /** The end in the batch is this client's alone: records were gone before it had read them. */
  endedByGap = false
  readonly #merge: Merge | undefined
  readonly #observer: Observer | undefined
  /** What the profile's last frame has given. */
  #profileState = 0
  /** What was loaded from the store, for a reader that is behind what is in memory. */
  #page = NO_RECORDS
  #pageIndex = 0
  /** Made, but not fitting the last batch. */
  #next: ReadyFrame | undefined
  /** Records have waited for this client. */
  #behind = false
  #endReason: EndReason | undefined

  constructor({ log, encoding, after, merge, observer, profile }: FrameSourceInput) {
    this.#log = log
    this.#encoding = encoding
    this.#merge = merge
    this.#observer = observer
    this.#profile = profile
    this.#cache = FrameCache.of(log, this)
    this.position = after
  }

  /** Whether the log has anything for this client, in memory or not. */
  get hasMore(): boolean {
    const log = this.#log
    // A client can know more than a log that lost its producer: it still learns of the end.
    return !this.ended && (this.position < log.lastSeq || log.ended)
  }

  /** Whether there is anything to frame now. */
  get isReady(): boolean {
    this.#next ??= this.#makeFrame()
    return this.#next !== undefined
  }

  /** Whether what comes next must be fetched with `load` first. */
  get needsLoad(): boolean {
    return this.hasMore && !this.isReady
  }

  /** Fetches what is not in memory. Rejects where the store cannot be read. */
  async load(): Promise<void> {
    const log = this.#log
    const records = await log.load(this.position + 1)
    this.#pageIndex = 0
    if (records.length > 0) this.#page = records
    // What was announced is gone, but for the end, which every log has at hand.
    else this.#page = [log.at(log.lastSeq) ?? this.#throwGone()]
  }

  /**
   * Adds a record to the batch as it is appended, while it is at hand: what `fill` would do at the end
   * of the turn, when a thousand other streams have been worked on in between.
   *
   * @param target bytes to gather; a single frame may be larger
   * @param room bytes that may be written at all
   * @returns whether it was added; else it is left to `fill`
   */
  add(record: LogRecord, target: number, room: number): boolean {
    if (record.seq !== this.position + 1 || isTerminal(record)) return false
    // Its state goes on with each frame that is made, and one made here may not fit.
    if (this.#profile !== undefined) return false
    const { text, bytes } = this.#frame(record)
    if (this.bytes + bytes > (this.bytes === 0 ? room : Math.min(target, room))) return false
    this.text += text
    this.bytes += bytes
    this.position = record.seq
    this.chunks++
    return true
  }

  /** The batch is written. */
  clear(): void {
    this.text = ''
    this.bytes = 0
  }

  /** The connection is over. */
  close(): void {
    this.#cache.release()
  }

  /** Whether the stream failed before its first payload, and the client has nothing yet. */
  get startsWithFailure(): boolean {
    return this.position === 0 && this.#log.at(1)?.event === 'error'
  }

  get endReason(): EndReason | undefined {
    return this.#endReason
  }

  /** The client does not keep up: from here on, what waits may be merged. */
  fellBehind(): void {
    this.#behind = true
  }

  /** Everything is framed; what comes now did not wait. */
  caughtUp(): void {
    this.#behind = false
  }

  /**
   * Fills the batch from the log.
   *
   * @param target bytes to gather; a single frame may be larger
   * @param room bytes that may be written at all
   * @param alone whether nothing waits at the sink: then one frame goes out whatever its size
   * @returns whether there is a batch
   */
  fill(target: number, room: number, alone: boolean): boolean {
    for (;;) {
      this.#next ??= this.#makeFrame()
      const next = this.#next
      if (next === undefined) break
      const { text, bytes } = next.frame
      const isFirst = this.bytes === 0
      const fits = this.bytes + bytes <= (isFirst ? room : Math.min(target, room))
      if (!fits && !(isFirst && alone)) break
      this.#next = undefined
      this.text += text
      this.bytes += bytes
      this.position = next.seq
      if (next.record !== undefined) this.#passed(next.record)
    }
    return this.bytes > 0
  }

  #passed(record: LogRecord): void {
    if (!isTerminal(record)) {
      this.chunks++
      return
    }
    this.ended = true
    this.#endReason = endReasonOf(record)
  }

  /** Whether the records right behind the position are gone. */
  get #isGap(): boolean {
    const log = this.#log
    return this.position + 1 < log.firstSeq && this.position < log.lastSeq
  }

  /** The next record, where it is in memory: behind a gap, or of an end that came before. */
  #peek(after = this.position): LogRecord | undefined {
    const log = this.#log
    const record = log.at(after + 1)
    if (record !== undefined) return record
    if (after >= log.lastSeq) return log.ended ? log.at(log.lastSeq) : undefined
    let index = this.#pageIndex
    while (index < this.#page.length && this.#page[index]!.seq <= after) index++
    const found = this.#page[index]
    if (after === this.position) this.#pageIndex = index
    // Read to its end, a page is not needed any more.
    if (found === undefined) this.#page = NO_RECORDS
    return found
  }

  /** Undefined when nothing can be framed now. */
  #makeFrame(): ReadyFrame | undefined {
    if (!this.hasMore) return undefined
    const log = this.#log
    const encoding = this.#encoding
    if (this.#isGap) return this.#gapFrame(log.firstSeq)
    const found = this.#peek()
    if (found === undefined) return undefined
    if (found.seq > this.position + 1) return this.#gapFrame(found.seq)
    const record = this.#merged(found)
    // What was merged for this client is nobody else's.
    const isShared = record === found
    if (this.#profile !== undefined) return this.#profiled(this.#profile, record, !isShared)
    const frame = isShared ? this.#frame(record) : this.#cache.make(record, encoding)
    return { frame, seq: record.seq, record }
  }

  #frame(record: LogRecord): EncodedFrame {
    if (this.isShared || this.#encoding !== 'json' || isTerminal(record)) {
      return this.#cache.frame(record, this.#encoding)
    }
    const { seq, json } = record
    const text = `${this.#headOf(seq)}${json}\n\n`
    // All but the JSON is ASCII; asking for the length of the whole would put its parts together,
    // which the socket does once more for what goes out with it.
    return { text, bytes: text.length - json.length + jsonBytes(record) }
  }

  #headOf(seq: number): string {
    const at = headPosition(seq)
    if (at !== this.#headAt) {
      this.#headAt = at
      this.#head = updateHead(this.#log.streamId, at)
    }
    return this.#head + restOfHead(seq)
  }

  /** @param nextSeq position behind the gap */
  #gapFrame(nextSeq: number): ReadyFrame {
    const { streamId } = this.#log
    const encoding = this.#encoding
    const gap = { from: this.position + 1, to: nextSeq - 1 }
    notify(this.#observer, 'gap', { streamId, ...gap })
    if (this.#profile !== undefined) return this.#gapEnd(this.#profile, gap.to)
    const text = frameGap(streamId, gap, encoding)
    return { frame: { text, bytes: Buffer.byteLength(text) }, seq: gap.to, record: undefined }
  }

  /** Made once for each record, in their order: the state goes on with it. */
  #profiled(profile: Profile, record: LogRecord, isOwn: boolean): ReadyFrame {
    const frame = this.#cache.profiled(record, profile, this.#profileState, isOwn)
    this.#profileState = frame.after
    return { frame, seq: record.seq, record }
  }

  /** A profile has no word for a gap, and an answer with a hole in it must not look whole. */
  #gapEnd(profile: Profile, seq: number): ReadyFrame {
    this.endedByGap = true
    const { chunks } = this
    const ending = { reason: 'overflow', error: undefined, chunks, usage: undefined } as const
    return this.#profiled(profile, terminalRecord(seq, ending, undefined), true)
  }

  #throwGone(): never {
    const { streamId } = this.#log
    throw new Error(`the records of stream ${streamId} behind ${this.position} are gone`)
  }

  /** The record, joined with those that waited behind it. Carries the position of the last one. */
  #merged(first: LogRecord): LogRecord {
    const merge = this.#merge
    if (merge === undefined || !this.#behind || isTerminal(first)) return first
    let last = first
    let payload: unknown = JSON.parse(first.json)
    let characters = first.json.length
    while (characters < MERGED_CHARACTERS) {
      const next = this.#peek(last.seq)
      if (next?.seq !== last.seq + 1 || isTerminal(next)) break
      const joined = tryMerge(merge, payload, JSON.parse(next.json))
      if (joined === undefined) break
      payload = joined
      last = next
      characters += next.json.length
    }
    if (last === first) return first
    const json = tryJson(payload)
    return json === undefined ? first : { seq: last.seq, event: 'update', json }
  }
}

/** As below, for one that gives what JSON cannot hold. */
function tryJson(payload: unknown): string | undefined {
  try {
    return payloadToJson(payload)
  } catch (error) {
    process.emitWarning(`merge failed: ${error}`, { code: 'SYNAPSE_MERGE' })
    return undefined
  }
}

/** A `merge` that throws merges nothing: the payloads go out as they are, and nothing is lost. */
function tryMerge(merge: Merge, first: unknown, second: unknown): unknown {
  try {
    return merge(first, second)
  } catch (error) {
    process.emitWarning(`merge threw: ${error}`, { code: 'SYNAPSE_MERGE' })
    return undefined
  }
}
