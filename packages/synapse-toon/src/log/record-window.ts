import { SmallSet } from '../small-set.ts'
import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { assertNext } from './append-error.ts'
import type { LogWriter, MaybePromise, OnAppend, WriterEvents } from './log.ts'

const NO_RECORDS: readonly LogRecord[] = []

/**
 * The records of a stream that nobody can come back to: those that its reader has not passed on yet,
 * and its end. Nearly always that is one record or none, which is held without an array.
 */
export class RecordWindow implements LogWriter {
  readonly streamId: string
  readonly principal: string | undefined
  readonly maxBytes: number
  readonly mayLag = false
  lastSeq = 0
  /** UTF-8 bytes of JSON in all records so far. */
  bytes = 0
  ended = false
  readonly #onEnded: (records: RecordWindow) => void
  readonly #subscribers = new SmallSet<OnAppend>()
  #events: WriterEvents | undefined
  #passedSeq = 0
  #passedBytes = 0
  /** The newest record, while it is not passed, or the end. */
  #newest: LogRecord | undefined
  /** Those before it that are not passed. */
  #older: LogRecord[] | undefined

  constructor(
    streamId: string,
    principal: string | undefined,
    maxBytes: number,
    onEnded: (records: RecordWindow) => void,
  ) {
    this.streamId = streamId
    this.principal = principal
    this.maxBytes = maxBytes
    this.#onEnded = onEnded
  }

  get firstSeq(): number {
    return this.#older?.[0]?.seq ?? this.#newest?.seq ?? this.lastSeq + 1
  }

  get hasRoom(): boolean {
    return this.bytes - this.#passedBytes < this.maxBytes
  }

  listen(events: WriterEvents): void {
    this.#events = events
  }

  cancel(): void {
    if (!this.ended) this.#events?.onCancel()
  }

  /** Nothing is kept elsewhere. */
  flushed(): void {}

  readers(): number {
    return this.#subscribers.size
  }

  at(seq: number): LogRecord | undefined {
    if (this.#newest?.seq === seq) return this.#newest
    const older = this.#older
    return older?.[seq - older[0]!.seq]
  }

  load(seq: number): MaybePromise<readonly LogRecord[]> {
    const all = [...(this.#older ?? NO_RECORDS), ...(this.#newest ? [this.#newest] : NO_RECORDS)]
    return all.filter((record) => record.seq >= seq)
  }

  bytesAfter(seq: number): number {
    if (seq >= this.lastSeq) return 0
    let passed = this.#passedBytes
    for (let before = this.firstSeq; before <= seq; before++) passed += jsonBytes(this.at(before)!)
    return this.bytes - passed
  }

  subscribe(onAppend: OnAppend): () => void {
    this.#subscribers.add(onAppend)
    return () => this.#subscribers.delete(onAppend)
  }

  append(record: LogRecord): number {
    if (record.seq <= this.lastSeq) return 0
    assertNext(this, record)
    const bytes = jsonBytes(record)
    if (this.#newest !== undefined) {
      this.#older ??= []
      this.#older.push(this.#newest)
    }
    this.#newest = record
    this.lastSeq = record.seq
    this.bytes += bytes
    if (isTerminal(record)) {
      this.ended = true
      this.#onEnded(this)
    }
    const { only, all } = this.#subscribers
    if (only !== undefined) only(record)
    else if (all !== undefined) for (const onAppend of all) onAppend(record)
    return bytes
  }

  passed(seq: number): void {
    if (seq <= this.#passedSeq) return
    this.#passedSeq = seq
    if (seq >= this.lastSeq) {
      this.#passedBytes = this.bytes
      this.#older = undefined
      if (!this.ended) this.#newest = undefined
      return
    }
    const older = this.#older!
    const dropped = older.splice(0, seq - older[0]!.seq + 1)
    for (const record of dropped) this.#passedBytes += jsonBytes(record)
    if (older.length === 0) this.#older = undefined
  }
}
