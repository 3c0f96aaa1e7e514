import { SmallSet } from '../small-set.ts'
import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import { assertNext } from './append-error.ts'
import type { LogSubscriber, WriterEvents } from './log.ts'

/**
 * What all records in memory have in common: whose they are, who is told of them, and those that no
 * reader has passed on yet. Nearly always that is one record or none, which is held without an array.
 */
export abstract class HeldRecords {
  // What is asked for with every record stands together: see `Stream`.
  /** The only one of `#subscribers`, kept here as well, since each record asks for it. */
  #onlySubscriber: LogSubscriber | undefined
  /** The newest record, while it is not passed, or the end. */
  #newest: LogRecord | undefined
  /** Those before it that are not passed. */
  #older: LogRecord[] | undefined
  #passedSeq = 0
  lastSeq: number
  /** UTF-8 bytes of JSON in all records so far. */
  bytes = 0
  /** The same, of those that were passed on. */
  protected passedBytes = 0
  ended = false
  readonly maxBytes: number
  readonly streamId: string
  readonly principal: string | undefined
  readonly #subscribers = new SmallSet<LogSubscriber>()
  #events: WriterEvents | undefined
  readonly #onEnded: (records: HeldRecords) => void

  /** @param after position before the first record that will be appended; 0 for a new stream */
  constructor(
    streamId: string,
    principal: string | undefined,
    maxBytes: number,
    onEnded: (records: HeldRecords) => void,
    after = 0,
  ) {
    this.lastSeq = after
    this.maxBytes = maxBytes
    this.streamId = streamId
    this.principal = principal
    this.#onEnded = onEnded
  }

  abstract bytesAfter(seq: number): number

  get mayLag(): boolean {
    return false
  }

  listen(events: WriterEvents): void {
    this.#events = events
  }

  /** Tells the producer that somebody asked to stop. */
  cancel(): void {
    this.#events?.onCancel()
  }

  /** Nothing is kept elsewhere. */
  flushed(): void {}

  readers(): number {
    return this.#subscribers.size
  }

  subscribe(subscriber: LogSubscriber): () => void {
    const subscribers = this.#subscribers
    subscribers.add(subscriber)
    this.#onlySubscriber = subscribers.only
    return () => {
      subscribers.delete(subscriber)
      this.#onlySubscriber = subscribers.only
    }
  }

  append(record: LogRecord): number {
    if (record.seq <= this.lastSeq) return 0
    assertNext(this, record)
    const bytes = jsonBytes(record)
    this.#hold(record)
    this.lastSeq = record.seq
    this.bytes += bytes
    this.onHeld()
    if (isTerminal(record)) {
      // An ended stream is kept for minutes; its producer must not be, for it holds the source, and
      // so whatever that has at hand, the request for example.
      this.#events = undefined
      this.ended = true
      this.#onEnded(this)
    }
    this.#tell(record)
    return bytes
  }

  passed(seq: number): void {
    if (seq <= this.#passedSeq) return
    this.#passedSeq = seq
    const newest = this.#newest
    const older = this.#older
    // Together, as they mostly come: most of what it takes to put a text elsewhere is not for its length.
    let text = ''
    let bytes = 0
    if (older !== undefined) {
      const count = seq - older[0]!.seq + 1
      const gone = count < older.length ? older.splice(0, count) : older
      if (gone === older) this.#older = undefined
      for (const record of gone) {
        text += record.json
        bytes += jsonBytes(record)
      }
    }
    if (newest !== undefined && newest.seq <= seq && !isTerminal(newest)) {
      this.#newest = undefined
      text += newest.json
      bytes += jsonBytes(newest)
    }
    if (bytes === 0) return
    this.passedBytes += bytes
    this.onPassed(text, bytes)
  }

  /** The record at `lastSeq` is held now. */
  protected abstract onHeld(): void

  /** Records are let go of, in order. The end never is. @param text their JSON, one behind the other */
  protected abstract onPassed(text: string, bytes: number): void

  /** Position up to which records were passed on. */
  protected get passedSeq(): number {
    return this.#passedSeq
  }

  /** Position of the oldest record that is not passed, or of the end; undefined where there is none. */
  protected get firstHeldSeq(): number | undefined {
    return this.#older?.[0]?.seq ?? this.#newest?.seq
  }

  /** The record at a position, where it is not passed or is the end. */
  protected heldAt(seq: number): LogRecord | undefined {
    if (this.#newest?.seq === seq) return this.#newest
    const older = this.#older
    return older?.[seq - older[0]!.seq]
  }

  #hold(record: LogRecord): void {
    if (this.#newest !== undefined) {
      this.#older ??= []
      this.#older.push(this.#newest)
    }
    this.#newest = record
  }

  #tell(record: LogRecord): void {
    const only = this.#onlySubscriber
    if (only !== undefined) return only.onAppend(record)
    const { all } = this.#subscribers
    if (all !== undefined) for (const subscriber of all) subscriber.onAppend(record)
  }
}
