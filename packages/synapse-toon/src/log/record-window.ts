import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { assertNext } from './append-error.ts'
import { HeldRecords } from './held-records.ts'
import type { LogWriter, MaybePromise } from './log.ts'

/**
 * The records of a stream that nobody can come back to: those that its reader has not passed on yet,
 * and its end.
 */
export class RecordWindow extends HeldRecords implements LogWriter {
  lastSeq = 0
  /** UTF-8 bytes of JSON in all records so far. */
  bytes = 0
  ended = false
  readonly #onEnded: (records: RecordWindow) => void
  #passedBytes = 0

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
    return this.firstHeldSeq ?? this.lastSeq + 1
  }

  get hasRoom(): boolean {
    return this.bytes - this.#passedBytes < this.maxBytes
  }

  at(seq: number): LogRecord | undefined {
    return this.heldAt(seq)
  }

  load(seq: number): MaybePromise<readonly LogRecord[]> {
    const records: LogRecord[] = []
    for (let next = Math.max(seq, this.firstSeq); next <= this.lastSeq; next++) {
      records.push(this.heldAt(next)!)
    }
    return records
  }

  bytesAfter(seq: number): number {
    if (seq >= this.lastSeq) return 0
    let passed = this.#passedBytes
    for (let before = this.firstSeq; before <= seq; before++) {
      passed += jsonBytes(this.heldAt(before)!)
    }
    return this.bytes - passed
  }

  append(record: LogRecord): number {
    if (record.seq <= this.lastSeq) return 0
    assertNext(this, record)
    const bytes = jsonBytes(record)
    this.hold(record)
    this.lastSeq = record.seq
    this.bytes += bytes
    if (isTerminal(record)) {
      this.ended = true
      this.#onEnded(this)
    }
    this.tell(record)
    return bytes
  }

  protected onPassed(record: LogRecord): void {
    this.#passedBytes += jsonBytes(record)
  }
}
