import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { assertNext } from './append-error.ts'
import { HeldRecords } from './held-records.ts'
import type { LogWriter, MaybePromise } from './log.ts'

/** Dropped records at the front of the array before it is cut: keeps trimming cheap, O(1) each. */
const COMPACT_AT = 1024

/**
 * The newest records of one stream, bounded by bytes: the whole of a memory log, and what the other
 * logs hold in memory of theirs.
 */
export class MemoryRecords extends HeldRecords implements LogWriter {
  readonly #onEnded: (records: MemoryRecords) => void

  #records: (LogRecord | undefined)[] = []
  /** For each record: bytes of all records up to and with it, so that any sum is one subtraction. */
  #bytesUpTo: number[] = []
  /** Index of the oldest kept record; those before it are dropped but not yet cut off. */
  #head = 0
  /** Position of `#records[0]`. */
  #baseSeq: number
  #totalBytes = 0
  #droppedBytes = 0
  #passedSeq = 0
  ended = false

  /** @param after position before the first record that will be appended; 0 for a new stream */
  constructor(
    streamId: string,
    principal: string | undefined,
    maxBytes: number,
    onEnded: (records: MemoryRecords) => void,
    after = 0,
  ) {
    super(streamId, principal, maxBytes)
    this.#onEnded = onEnded
    this.#baseSeq = after + 1
  }

  get firstSeq(): number {
    return this.#baseSeq + this.#head
  }

  get lastSeq(): number {
    return this.#baseSeq + this.#records.length - 1
  }

  get bytes(): number {
    return this.#totalBytes
  }

  get hasRoom(): boolean {
    return this.unreadBytes < this.maxBytes
  }

  load(seq: number): MaybePromise<readonly LogRecord[]> {
    const from = Math.max(seq, this.firstSeq)
    return this.#records.slice(from - this.#baseSeq) as LogRecord[]
  }

  at(seq: number): LogRecord | undefined {
    return this.#records[seq - this.#baseSeq]
  }

  bytesAfter(seq: number): number {
    if (seq >= this.lastSeq) return 0
    const index = seq - this.#baseSeq
    const before = index < this.#head ? this.#droppedBytes : this.#bytesUpTo[index]!
    return this.#totalBytes - before
  }

  get unreadBytes(): number {
    return this.bytesAfter(this.#passedSeq)
  }

  passed(seq: number): void {
    if (seq > this.#passedSeq) this.#passedSeq = seq
  }

  append(record: LogRecord): number {
    if (record.seq <= this.lastSeq) return 0
    assertNext(this, record)
    const bytes = jsonBytes(record)
    this.#totalBytes += bytes
    this.#records.push(record)
    this.#bytesUpTo.push(this.#totalBytes)
    if (this.#totalBytes - this.#droppedBytes > this.maxBytes) this.#trim()
    if (isTerminal(record)) {
      this.ended = true
      this.#onEnded(this)
    }
    this.tell(record)
    return bytes
  }

  #trim(): void {
    while (
      this.firstSeq <= this.#passedSeq &&
      this.#totalBytes - this.#droppedBytes > this.maxBytes
    ) {
      this.#droppedBytes = this.#bytesUpTo[this.#head]!
      this.#records[this.#head] = undefined
      this.#head++
    }
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#records.length) return
    this.#records = this.#records.slice(this.#head)
    this.#bytesUpTo = this.#bytesUpTo.slice(this.#head)
    this.#baseSeq += this.#head
    this.#head = 0
  }
}
