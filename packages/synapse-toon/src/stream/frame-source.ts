import { Buffer } from 'node:buffer'
import type { LogReader } from '../log/log.ts'
import type { PayloadEncoding } from '../wire/payload-encoding.ts'
import { payloadToJson } from '../wire/payload-json.ts'
import { isTerminal, type LogRecord } from '../wire/record.ts'
import { frameGap, frameRecord } from '../wire/record-frame.ts'
import type { EndReason } from './end-reason.ts'
import type { Merge } from './merge.ts'
import { notify, type Observer } from './observer.ts'
import { retryAfterShutdown } from './shutdown-retry.ts'
import { endReasonOf } from './terminal-record.ts'

export interface FrameSourceInput {
  readonly log: LogReader
  readonly encoding: PayloadEncoding
  /** Position that the client has; 0 for none. */
  readonly after: number
  /** Where what waited is to be merged. */
  readonly merge: Merge | undefined
  readonly observer: Observer | undefined
}

/** A frame that is made but not yet part of a batch. */
interface ReadyFrame {
  readonly text: string
  readonly bytes: number
  /** Position that the client has once it has the frame. */
  readonly seq: number
  /** Undefined for a gap. */
  readonly record: LogRecord | undefined
}

/** Most characters of JSON merged into one payload: what is merged is parsed and written anew. */
const MERGED_CHARACTERS = 16_384

/** Turns the records behind one client's position into batches of frames. */
export class FrameSource {
  /** The batch made by the last `fill`. */
  text = ''
  bytes = 0
  /** Position of the last frame in a batch. */
  position: number
  /** Payload events framed. */
  chunks = 0
  /** The terminal frame is in a batch: there is nothing more to come. */
  ended = false
  readonly #input: FrameSourceInput
  /** Made, but not fitting the last batch. */
  #next: ReadyFrame | undefined
  /** Records have waited for this client. */
  #behind = false
  #endReason: EndReason | undefined

  constructor(input: FrameSourceInput) {
    this.#input = input
    this.position = input.after
  }

  /** Whether there is anything to frame. */
  get isReady(): boolean {
    return !this.ended && this.position < this.#input.log.lastSeq
  }

  /** Whether the stream failed before its first payload, and the client has nothing yet. */
  get startsWithFailure(): boolean {
    return this.position === 0 && this.#input.log.at(1)?.event === 'error'
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
   * Makes the next batch: `text` and `bytes`.
   *
   * @param target bytes to gather; a single frame may be larger
   * @param room bytes that may be written at all
   * @param alone whether nothing waits at the sink: then one frame goes out whatever its size
   * @returns whether there is a batch
   */
  fill(target: number, room: number, alone: boolean): boolean {
    this.text = ''
    this.bytes = 0
    while (this.isReady) {
      this.#next ??= this.#makeFrame()
      const frame = this.#next
      const isFirst = this.bytes === 0
      const fits = this.bytes + frame.bytes <= (isFirst ? room : Math.min(target, room))
      if (!fits && !(isFirst && alone)) break
      this.#next = undefined
      this.text += frame.text
      this.bytes += frame.bytes
      this.position = frame.seq
      if (frame.record !== undefined) this.#passed(frame.record)
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

  #makeFrame(): ReadyFrame {
    const { log, encoding, observer } = this.#input
    const seq = this.position + 1
    if (seq < log.firstSeq) {
      const gap = { from: seq, to: log.firstSeq - 1 }
      notify(observer, 'gap', { streamId: log.streamId, ...gap })
      return readyFrame(frameGap(log.streamId, gap, encoding), gap.to, undefined)
    }
    const record = this.#merged(log.at(seq)!)
    const text = frameRecord(log.streamId, record, encoding, retryAfterShutdown(record))
    return readyFrame(text, record.seq, record)
  }

  /** The record, joined with those that waited behind it. Carries the position of the last one. */
  #merged(first: LogRecord): LogRecord {
    const { log, merge } = this.#input
    if (merge === undefined || !this.#behind || isTerminal(first)) return first
    let last = first
    let payload: unknown = JSON.parse(first.json)
    let characters = first.json.length
    while (characters < MERGED_CHARACTERS) {
      const next = log.at(last.seq + 1)
      if (next === undefined || isTerminal(next)) break
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

function readyFrame(text: string, seq: number, record: LogRecord | undefined): ReadyFrame {
  return { text, bytes: Buffer.byteLength(text), seq, record }
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
