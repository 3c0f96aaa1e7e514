import type { LogRecord } from '../wire/record.ts'

export type MaybePromise<Value> = Value | Promise<Value>

/**
 * Where the records of streams live, so that a client can resume: in memory, on a disk, in Redis.
 *
 * The words MUST, MUST NOT and MAY are those of RFC 2119; each clause holds for every log, and
 * `logContract` of `synapse-toon/testing` checks them. A log is **durable** when its records
 * outlive the process, and **shared** when several processes read and write it at the same time.
 */
export interface StreamLog {
  /** Whether other processes can read and cancel streams of this one while they run. */
  readonly shared: boolean
  /**
   * Opens the log of a new stream, and makes the caller its one producer.
   *
   * MUST reject an id that it knows with the code `ERR_SYNAPSE_STREAM_EXISTS`, whoever created it:
   * of two callers at once, one is rejected.
   * MUST remember `principal` as long as the records.
   */
  create(streamId: string, options: CreateOptions): MaybePromise<LogWriter>
  /**
   * MUST give undefined for an id that it never knew or has let expire. A durable log MUST give
   * every record that was stored, also those of a process that is gone. A stream whose producer is
   * gone MUST end with an `error` record of the code `producer-lost`, at the latest when someone
   * reads it; what its producer appends after that MUST NOT appear (it is told by `onLost`).
   */
  open(streamId: string): MaybePromise<LogReader | undefined>
  /**
   * Asks the producer to stop, wherever it runs. MUST reach it even where a message to it is lost.
   * Does nothing for a stream that has ended or that nobody knows.
   */
  cancel(streamId: string): MaybePromise<void>
  /**
   * Keeps `value` under `name` for `keepFor` ms, unless there is one already.
   *
   * MUST give all callers, in all processes, the same value: the one that came first.
   */
  claim(name: string, value: string, keepFor: number): MaybePromise<string>
  /**
   * Stores what was appended, then frees what it holds. MUST leave no timer and no connection of
   * its own that keeps the process alive, and MUST NOT wait for a store that is away for ever.
   */
  close(): MaybePromise<void>
}

export interface CreateOptions {
  /** Who may read the stream; undefined: whoever knows its id. */
  readonly principal: string | undefined
  /** Most bytes of records to keep; the log's own bound applies where it is lower. */
  readonly maxBytes?: number | undefined
  /** `false`: nobody will ask for what was passed on, which MAY be dropped at once. Default `true`. */
  readonly keepsPassed?: boolean
}

/** Who is told of what is appended. */
export interface LogSubscriber {
  /** `lastSeq` has grown; `record` is what was appended, where the log hands it over. */
  onAppend(record?: LogRecord): void
}

export interface LogReader {
  readonly streamId: string
  readonly principal: string | undefined
  /** Oldest position that can still be read; `lastSeq + 1` while there is none. */
  readonly firstSeq: number
  /** Newest position known here; 0 while there is none. */
  readonly lastSeq: number
  /** Whether the newest record is terminal. */
  readonly ended: boolean
  /** UTF-8 bytes of JSON in all records so far, with those that were dropped. */
  readonly bytes: number
  /**
   * Whether a client may know more records than are known here: its own instance handed them out
   * before they were stored. Never true in the process of the producer.
   */
  readonly mayLag: boolean
  /**
   * The record at a position, from memory. MUST give the terminal record of an ended stream. For
   * other positions from `firstSeq` to `lastSeq` it MAY give undefined: then `load` gives it.
   */
  at(seq: number): LogRecord | undefined
  /**
   * The records from `seq` on, in order, as many as are sensible to hold at once (about 256 KiB),
   * at least one. Begins behind `seq` when those before are lost; empty when nothing is left.
   *
   * Rejects where the store cannot be read now.
   */
  load(seq: number): MaybePromise<readonly LogRecord[]>
  /** Bytes of JSON behind position `seq`; for positions that are not in memory, at least this. */
  bytesAfter(seq: number): number
  /**
   * Calls `subscriber.onAppend` after every append, until the returned function is called. MAY hand it
   * the record that was appended.
   *
   * MUST NOT miss a record: one appended after `subscribe` returned is announced, once and in order
   * of `lastSeq`, also when messages or connections to the store are lost in between.
   */
  subscribe(subscriber: LogSubscriber): () => void
  /** Subscribers in all processes, as far as they are known. */
  readers(): MaybePromise<number>
}

/** What a log tells the one producer of a stream. */
export interface WriterEvents {
  /** `hasRoom` may have become true. */
  onRoom(): void
  /** Somebody asked to stop. */
  onCancel(): void
  /**
   * The stream is not this producer's any more: another process ended it, or the store was away for
   * too long. What was not stored is lost to readers elsewhere; those of this process go on.
   */
  onLost(): void
}

export interface LogWriter extends LogReader {
  /** Most bytes of records that are kept. */
  readonly maxBytes: number
  /** Names who is told. Called once, before the first append. */
  listen(events: WriterEvents): void
  /**
   * Adds a record and announces it to the readers of this process before it returns: delivery
   * MUST NOT wait for a disk or a network.
   *
   * MUST ignore a `seq` that it has (idempotent), MUST throw on one that leaves a hole, and after
   * a terminal record. MAY drop the oldest records when over `maxBytes`; a log that is not shared
   * MUST NOT drop one behind the position last given to `passed`: nobody has read it yet.
   *
   * @returns UTF-8 bytes of the record's JSON, 0 when it was ignored
   */
  append(record: LogRecord): number
  /** Some reader of this process has passed on everything up to `seq`. Never goes back. */
  passed(seq: number): void
  /** False while more would have to be held than may be: the producer waits for `onRoom`. */
  readonly hasRoom: boolean
  /** Settles when everything appended so far is stored, or will never be. Never rejects. */
  flushed(): MaybePromise<void>
}
