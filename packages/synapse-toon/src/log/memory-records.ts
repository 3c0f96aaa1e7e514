import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { assertNext } from './append-error.ts'
import { HeldRecords } from './held-records.ts'
import type { LogWriter, MaybePromise } from './log.ts'
import { TextTape } from './text-tape.ts'

/** Dropped records at the front of the array before it is cut: keeps trimming cheap, O(1) each. */
const COMPACT_AT = 1024

/** Most bytes of records that `load` gives at once. */
const PAGE_BYTES = 262_144

/**
 * The newest records of one stream, bounded by bytes: the whole of a memory log, and what the other
 * logs hold in memory of theirs. What was passed on is kept as text alone, outside the heap.
 */
export class MemoryRecords extends HeldRecords implements LogWriter {
  readonly #onEnded: (records: MemoryRecords) => void

  /** JSON of the records that were passed on, but for the end. */
  readonly #passed = new TextTape()
  /** For each record: bytes of all records up to and with it, so that any sum is one subtraction. */
  #bytesUpTo: number[] = []
  /** Index of the oldest kept record; those before it are dropped but not yet cut off. */
  #head = 0
  /** Position of the record of `#bytesUpTo[0]`. */
  #baseSeq: number
  #totalBytes = 0
  #droppedBytes = 0
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
    return this.#baseSeq + this.#bytesUpTo.length - 1
  }

  get bytes(): number {
    return this.#totalBytes
  }

  get hasRoom(): boolean {
    return this.unreadBytes < this.maxBytes
  }

  load(seq: number): MaybePromise<readonly LogRecord[]> {
    const records: LogRecord[] = []
    let bytes = 0
    for (let next = Math.max(seq, this.firstSeq); next <= this.lastSeq; next++) {
      records.push(this.#read(next))
      bytes += this.#bytesUpTo[next - this.#baseSeq]! - this.#bytesBefore(next)
      if (bytes >= PAGE_BYTES) break
    }
    return records
  }

  at(seq: number): LogRecord | undefined {
    return seq < this.firstSeq || seq > this.lastSeq ? undefined : this.#read(seq)
  }

  bytesAfter(seq: number): number {
    if (seq >= this.lastSeq) return 0
    return this.#totalBytes - this.#bytesBefore(Math.max(seq + 1, this.firstSeq))
  }

  get unreadBytes(): number {
    return this.bytesAfter(this.passedSeq)
  }

  append(record: LogRecord): number {
    if (record.seq <= this.lastSeq) return 0
    assertNext(this, record)
    const bytes = jsonBytes(record)
    this.#totalBytes += bytes
    this.hold(record)
    this.#bytesUpTo.push(this.#totalBytes)
    if (this.#totalBytes - this.#droppedBytes > this.maxBytes) this.#trim()
    if (isTerminal(record)) {
      this.ended = true
      this.#onEnded(this)
    }
    this.tell(record)
    return bytes
  }

  protected onPassed(record: LogRecord): void {
    this.#passed.append(record.json, jsonBytes(record))
  }

  /** The record at a position that is kept. */
  #read(seq: number): LogRecord {
    const held = this.heldAt(seq)
    if (held !== undefined) return held
    const to = this.#bytesUpTo[seq - this.#baseSeq]!
    return { seq, event: 'update', json: this.#passed.read(this.#bytesBefore(seq), to) }
  }

  /** Bytes of all records before a position that is kept. */
  #bytesBefore(seq: number): number {
    const index = seq - this.#baseSeq
    return index === this.#head ? this.#droppedBytes : this.#bytesUpTo[index - 1]!
  }

  #trim(): void {
    while (
      this.firstSeq <= this.passedSeq &&
      this.#totalBytes - this.#droppedBytes > this.maxBytes
    ) {
      this.#droppedBytes = this.#bytesUpTo[this.#head]!
      this.#head++
    }
    this.#passed.dropBefore(this.#droppedBytes)
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#bytesUpTo.length) return
    this.#bytesUpTo = this.#bytesUpTo.slice(this.#head)
    this.#baseSeq += this.#head
    this.#head = 0
  }
}
