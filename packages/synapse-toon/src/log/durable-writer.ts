import type { Clock } from '../time/clock.ts'
import type { LogRecord } from '../wire/record.ts'
import { type Batch, recordsOfBatch, type Stored } from './batch.ts'
import { ByteIndex } from './byte-index.ts'
import { FlushWaiters } from './flush-waiters.ts'
import type { LogSubscriber, LogWriter, MaybePromise, WriterEvents } from './log.ts'
import { MemoryRecords } from './memory-records.ts'
import { Retries } from './retries.ts'

export interface DurableWriterInput {
  readonly streamId: string
  readonly principal: string | undefined
  readonly maxBytes: number
  readonly shared: boolean
  readonly clock: Clock
  /**
   * Stores a batch. `'lost'`: the stream belongs to another producer or has ended elsewhere.
   * Rejects where the store is away: the batch is tried again, which must do no harm.
   */
  readonly store: (batch: Batch) => Promise<Stored | 'lost'>
  readonly load: (seq: number) => MaybePromise<readonly LogRecord[]>
  /** Readers in all processes. Default: those of this one. */
  readonly readers?: (here: number) => MaybePromise<number>
  /** Nothing more will be stored: the log may forget the writer. */
  readonly onDone: (writer: DurableWriter) => void
  /** The store has gone away, once for each time. Default: a warning that names the stream. */
  readonly onAway?: (error: unknown) => void
  /** How long the store may be away, in ms, before the stream is given up. */
  readonly outageFor: number
}

/**
 * Most bytes of records kept in memory although they are stored: for readers that are a little
 * behind.
 */
const TAIL_BYTES = 262_144

/** Most bytes appended and not yet stored: then the producer waits. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024

/**
 * Appends to memory, where this process's readers find records at once, and stores them behind
 * their backs: in order, in batches, one at a time, and again when the store was away.
 */
export class DurableWriter implements LogWriter {
  readonly streamId: string
  readonly principal: string | undefined
  readonly maxBytes: number
  readonly mayLag = false
  readonly #input: DurableWriterInput
  readonly #tail: MemoryRecords
  readonly #index: ByteIndex
  #events: WriterEvents | undefined
  /** Newest position that the store is known to have. */
  #storedSeq = 0
  #passedSeq = 0
  #isScheduled = false
  #isStoring = false
  /** Nothing is stored any more. */
  #isOver = false
  readonly #retries: Retries
  readonly #flushers = new FlushWaiters()

  constructor(input: DurableWriterInput) {
    const { streamId, principal, maxBytes, clock, outageFor } = input
    this.#input = input
    this.#retries = new Retries(clock, outageFor)
    this.streamId = streamId
    this.principal = principal
    this.maxBytes = maxBytes
    this.#tail = new MemoryRecords(streamId, principal, Math.min(TAIL_BYTES, maxBytes), () => {})
    this.#index = new ByteIndex(maxBytes)
  }

  get firstSeq(): number {
    return this.#index.firstSeq
  }

  get lastSeq(): number {
    return this.#tail.lastSeq
  }

  get ended(): boolean {
    return this.#tail.ended
  }

  get bytes(): number {
    return this.#tail.bytes
  }

  /** Whether this producer has lost its stream, or has stored its end. */
  get isOver(): boolean {
    return this.#isOver
  }

  get hasRoom(): boolean {
    if (this.#isOver) return true
    if (this.#tail.unreadBytes >= MAX_PENDING_BYTES) return false
    return this.#input.shared || this.#index.bytesBehind(this.#passedSeq) < this.maxBytes
  }

  at(seq: number): LogRecord | undefined {
    return this.#tail.at(seq)
  }

  load(seq: number): MaybePromise<readonly LogRecord[]> {
    return seq >= this.#tail.firstSeq ? this.#tail.load(seq) : this.#loadOlder(seq)
  }

  async #loadOlder(seq: number): Promise<readonly LogRecord[]> {
    const records = await this.#input.load(seq)
    // A store that has lost them: what follows is here.
    return records.length > 0 ? records : this.#tail.load(seq)
  }

  bytesAfter(seq: number): number {
    const isInMemory = seq + 1 >= this.#tail.firstSeq
    return isInMemory ? this.#tail.bytesAfter(seq) : this.#index.leastBehind(seq)
  }

  subscribe(subscriber: LogSubscriber): () => void {
    return this.#tail.subscribe(subscriber)
  }

  readers(): MaybePromise<number> {
    const here = this.#tail.readers()
    return this.#input.readers?.(here) ?? here
  }

  /** Readers in this process. */
  get subscribers(): number {
    return this.#tail.readers()
  }

  listen(events: WriterEvents): void {
    this.#events = events
  }

  append(record: LogRecord): number {
    const bytes = this.#tail.append(record)
    if (bytes === 0) return 0
    // Not `record.seq`: the announcement may have appended more, the end for example.
    this.#index.add(this.lastSeq, this.bytes)
    this.#schedule()
    return bytes
  }

  passed(seq: number): void {
    if (seq > this.#passedSeq) this.#passedSeq = seq
  }

  cancel(): void {
    if (!this.ended) this.#events?.onCancel()
  }

  flushed(): MaybePromise<void> {
    const seq = this.lastSeq
    if (this.#isOver || this.#storedSeq >= seq) return
    return this.#flushers.wait(seq)
  }

  /** The store was found to have records only up to `lastSeq`: it is given the others again. */
  rewind(lastSeq: number): void {
    if (this.#isOver || lastSeq >= this.#storedSeq) return
    this.#storedSeq = lastSeq
    this.#schedule()
  }

  /** The stream is another's, or the store is gone: stores nothing more, and says so. */
  lose(): void {
    if (this.#isOver) return
    this.#finish()
    this.#events?.onLost()
  }

  #schedule(): void {
    if (this.#isScheduled || !this.#mayStore) return
    this.#isScheduled = true
    // At the end of the turn: what was appended in it is stored in one batch.
    process.nextTick(() => {
      this.#isScheduled = false
      this.#storeNext()
    })
  }

  /** Whether no batch is on its way, nor waits for its time. */
  get #mayStore(): boolean {
    return !(this.#isStoring || this.#isOver || this.#retries.isWaiting)
  }

  #storeNext(): void {
    if (!this.#mayStore || this.#storedSeq >= this.lastSeq) return
    this.#isStoring = true
    const batch = this.#nextBatch()
    this.#input.store(batch).then(
      (stored) => this.#onStored(batch, stored),
      (error) => {
        this.#isStoring = false
        this.#onAway(error)
      },
    )
  }

  #nextBatch(): Batch {
    const mayLeaveHole = this.#tail.firstSeq > this.#storedSeq + 1
    if (mayLeaveHole) this.#storedSeq = this.#tail.firstSeq - 1
    const records = recordsOfBatch(this.#tail, this.#storedSeq + 1)
    const lastSeq = this.#storedSeq + records.length
    this.#index.trim(this.#input.shared ? lastSeq : Math.min(lastSeq, this.#passedSeq))
    const bytes = this.bytes - this.#tail.bytesAfter(lastSeq)
    const { firstSeq, droppedBytes } = this.#index
    return { records, firstSeq, droppedBytes, bytes, mayLeaveHole }
  }

  #onStored(batch: Batch, stored: Stored | 'lost'): void {
    this.#isStoring = false
    if (this.#isOver) return
    if (stored === 'lost') return this.lose()
    this.#storedSeq = stored.lastSeq
    this.#tail.passed(stored.lastSeq)
    if (this.ended && this.#storedSeq >= this.lastSeq) return this.#finish()
    this.#flushers.wake(this.#storedSeq)
    if (stored.cancelled === true) this.cancel()
    // One that took nothing of what it was given would be given it for ever.
    if (stored.lastSeq < batch.records[0]!.seq) return this.#onAway('it has lost records')
    this.#retries.reset()
    this.#events?.onRoom()
    this.#storeNext()
  }

  #onAway(error: unknown): void {
    if (this.#isOver) return
    if (!this.#retries.isAway) this.#tellAway(error)
    if (!this.#retries.plan(() => this.#storeNext())) this.lose()
  }

  #tellAway(error: unknown): void {
    const { streamId, onAway } = this.#input
    if (onAway !== undefined) return onAway(error)
    const text = `the log of stream ${streamId} cannot be written, trying again: ${error}`
    process.emitWarning(text, { code: 'SYNAPSE_LOG' })
  }

  #finish(): void {
    this.#isOver = true
    this.#retries.cancel()
    this.#flushers.wake(this.lastSeq)
    this.#input.onDone(this)
  }
}
