import type { LogRecord } from '../wire/record.ts'
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
  /** JSON of the records that were passed on, but for the end. */
  readonly #passed = new TextTape()
  /** For each record: bytes of all records up to and with it, so that any sum is one subtraction. */
  #bytesUpTo: number[] = []
  /** Index of the oldest kept record; those before it are dropped but not yet cut off. */
  #head = 0
  /** Position of the record of `#bytesUpTo[0]`. */
  #baseSeq: number
  #droppedBytes = 0

  constructor(...given: ConstructorParameters<typeof HeldRecords>) {
    super(...given)
    this.#baseSeq = this.lastSeq + 1
  }

  get firstSeq(): number {
    return this.#baseSeq + this.#head
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
    return this.bytes - this.#bytesBefore(Math.max(seq + 1, this.firstSeq))
  }

  get unreadBytes(): number {
    return this.bytesAfter(this.passedSeq)
  }

  protected onHeld(): void {
    this.#bytesUpTo.push(this.bytes)
    if (this.bytes - this.#droppedBytes > this.maxBytes) this.#trim()
  }

  protected onPassed(text: string, bytes: number): void {
    this.#passed.append(text, bytes)
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
    while (this.firstSeq <= this.passedSeq && this.bytes - this.#droppedBytes > this.maxBytes) {
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
