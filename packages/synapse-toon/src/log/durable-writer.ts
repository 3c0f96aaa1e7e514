import type { Clock } from '../time/clock.ts'
import type { LogRecord } from '../wire/record.ts'
import { ByteIndex } from './byte-index.ts'
import type { LogWriter, MaybePromise, WriterEvents } from './log.ts'
import { MemoryRecords } from './memory-records.ts'

/** Records to be stored together, in order. */
export interface Batch {
  readonly records: readonly LogRecord[]
  /** Records before this position are to be dropped from the store. */
  readonly firstSeq: number
  /** UTF-8 bytes of JSON in all records of the stream up to the last of the batch. */
  readonly bytes: number
  /** The records before this batch are held nowhere: the store takes it although it leaves a hole. */
  readonly mayLeaveHole: boolean
}

/** What a store says of a batch. */
export interface Stored {
  /**
   * Newest position in the store. Before the end of the batch where the store has lost records
   * that it had: they are given to it again.
   */
  readonly lastSeq: number
  /** Somebody asked to stop. */
  readonly cancelled?: boolean
}

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
  /** How long the store may be away, in ms, before the stream is given up. */
  readonly outageFor: number
}

/** Records kept in memory although they are stored: for readers that are a little behind. */
const TAIL_BYTES = 262_144

/** Most bytes appended and not yet stored: then the producer waits. */
const MAX_PENDING_BYTES = 8 * 1024 * 1024

/** One batch: small enough not to hold up a store that serves others too. */
const BATCH_RECORDS = 512
const BATCH_BYTES = 1024 * 1024

/** Waits between attempts while the store is away, in ms. */
const RETRY_FIRST_MS = 50
const RETRY_MAX_MS = 1_000

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
  #awaySince: number | undefined
  #retryMs = RETRY_FIRST_MS
  #flushers: (() => void)[] = []

  constructor(input: DurableWriterInput) {
    const { streamId, principal, maxBytes } = input
    this.#input = input
    this.streamId = streamId
    this.principal = principal
    this.maxBytes = maxBytes
    this.#tail = new MemoryRecords(streamId, principal, TAIL_BYTES, () => {})
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
    return seq >= this.#tail.firstSeq ? this.#tail.load(seq) : this.#input.load(seq)
  }

  bytesAfter(seq: number): number {
    return this.#tail.bytesAfter(seq)
  }

  subscribe(onAppend: () => void): () => void {
    return this.#tail.subscribe(onAppend)
  }

  readers(): MaybePromise<number> {
    const here = this.#tail.readers()
    return this.#input.readers?.(here) ?? here
  }

  listen(events: WriterEvents): void {
    this.#events = events
  }

  append(record: LogRecord): number {
    const bytes = this.#tail.append(record)
    if (bytes === 0) return 0
    this.#index.add(record.seq, this.bytes)
    this.#schedule()
    return bytes
  }

  passed(seq: number): void {
    if (seq > this.#passedSeq) this.#passedSeq = seq
  }

  cancel(): void {
    this.#events?.onCancel()
  }

  flushed(): MaybePromise<void> {
    if (this.#isOver || this.#storedSeq === this.lastSeq) return
    return new Promise((resolve) => this.#flushers.push(resolve))
  }

  /** The stream is another's, or the store is gone: stores nothing more, and says so. */
  lose(): void {
    if (this.#isOver) return
    this.#finish()
    this.#events?.onLost()
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isStoring || this.#isOver) return
    this.#isScheduled = true
    // At the end of the turn: what was appended in it is stored in one batch.
    process.nextTick(() => {
      this.#isScheduled = false
      this.#storeNext()
    })
  }

  #storeNext(): void {
    if (this.#isStoring || this.#isOver || this.#storedSeq >= this.lastSeq) return
    this.#isStoring = true
    this.#input.store(this.#nextBatch()).then(
      (stored) => this.#onStored(stored),
      (error) => this.#onAway(error),
    )
  }

  #nextBatch(): Batch {
    const { shared } = this.#input
    const mayLeaveHole = this.#tail.firstSeq > this.#storedSeq + 1
    if (mayLeaveHole) this.#storedSeq = this.#tail.firstSeq - 1
    const records: LogRecord[] = []
    let characters = 0
    while (records.length < BATCH_RECORDS && characters < BATCH_BYTES) {
      const record = this.#tail.at(this.#storedSeq + 1 + records.length)
      if (record === undefined) break
      records.push(record)
      characters += record.json.length
    }
    const lastSeq = this.#storedSeq + records.length
    this.#index.trim(shared ? lastSeq : Math.min(lastSeq, this.#passedSeq))
    const bytes = this.bytes - this.#tail.bytesAfter(lastSeq)
    return { records, firstSeq: this.firstSeq, bytes, mayLeaveHole }
  }

  #onStored(stored: Stored | 'lost'): void {
    this.#isStoring = false
    if (this.#isOver) return
    if (stored === 'lost') return this.lose()
    this.#awaySince = undefined
    this.#retryMs = RETRY_FIRST_MS
    this.#storedSeq = stored.lastSeq
    this.#tail.passed(stored.lastSeq)
    if (this.ended && this.#storedSeq === this.lastSeq) return this.#finish()
    if (this.#storedSeq === this.lastSeq) this.#wakeFlushers()
    if (stored.cancelled === true) this.#events?.onCancel()
    this.#events?.onRoom()
    this.#storeNext()
  }

  #onAway(error: unknown): void {
    this.#isStoring = false
    if (this.#isOver) return
    const { clock, outageFor, streamId } = this.#input
    if (this.#awaySince === undefined) {
      this.#awaySince = clock.now()
      process.emitWarning(
        `the log of stream ${streamId} cannot be written, trying again: ${error}`,
        {
          code: 'SYNAPSE_LOG',
        },
      )
    }
    if (clock.now() - this.#awaySince >= outageFor) return this.lose()
    const retry = () => this.#storeNext()
    clock.after(this.#retryMs, retry, { keepAlive: false })
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS)
  }

  #finish(): void {
    this.#isOver = true
    this.#wakeFlushers()
    this.#input.onDone(this)
  }

  #wakeFlushers(): void {
    const flushers = this.#flushers
    this.#flushers = []
    for (const wake of flushers) wake()
  }
}
