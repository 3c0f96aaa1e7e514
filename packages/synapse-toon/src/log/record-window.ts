import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { assertNext } from './append-error.ts'
import { HeldRecords } from './held-records.ts'
import type { LogWriter, MaybePromise } from './log.ts'

const NO_RECORDS: readonly LogRecord[] = []

/**
 * The records of a stream that nobody can come back to: those that its reader has not passed on yet,
 * and its end. Nearly always that is one record or none, which is held without an array.
 */
export class RecordWindow extends HeldRecords implements LogWriter {
  lastSeq = 0
  /** UTF-8 bytes of JSON in all records so far. */
  bytes = 0
  ended = false
  readonly #onEnded: (records: RecordWindow) => void
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
    super(streamId, principal, maxBytes)
    this.#onEnded = onEnded
  }

  get firstSeq(): number {
    return this.#older?.[0]?.seq ?? this.#newest?.seq ?? this.lastSeq + 1
  }

  get hasRoom(): boolean {
    return this.bytes - this.#passedBytes < this.maxBytes
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
    this.tell(record)
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
