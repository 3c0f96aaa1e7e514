import type { LogRecord } from '../wire/record.ts'

export type MaybePromise<Value> = Value | Promise<Value>

/**
 * Where the records of streams live, so that a client can resume.
 *
 * The words MUST and MUST NOT are those of RFC 2119; each clause holds for every log.
 */
export interface StreamLog {
  /**
   * Opens the log of a new stream.
   *
   * MUST reject an id that it knows. MUST remember `principal` as long as the records.
   */
  create(streamId: string, options: CreateOptions): MaybePromise<LogWriter>
  /** MUST give undefined for an id that it never knew or has let expire. */
  open(streamId: string): MaybePromise<LogReader | undefined>
  /** Frees what it holds. MUST leave no timer that keeps the process alive. */
  close(): MaybePromise<void>
}

export interface CreateOptions {
  /** Who may read the stream; undefined: whoever knows its id. */
  readonly principal: string | undefined
  /** Most bytes of records to keep; the log's own bound applies where it is lower. */
  readonly maxBytes?: number | undefined
}

export interface LogReader {
  readonly streamId: string
  readonly principal: string | undefined
  /** Oldest position that can still be read; `lastSeq + 1` while there is none. */
  readonly firstSeq: number
  /** Newest position; 0 while there is none. */
  readonly lastSeq: number
  /** Whether the newest record is terminal. */
  readonly ended: boolean
  /** MUST give the record for every position from `firstSeq` to `lastSeq`. */
  at(seq: number): LogRecord | undefined
  /** Bytes of JSON in the records behind position `seq`: what a reader at `seq` has not read. */
  bytesAfter(seq: number): number
  /**
   * Calls `onAppend` after every append, until the returned function is called.
   *
   * MUST NOT miss a record: one appended after `subscribe` returned is announced.
   */
  subscribe(onAppend: () => void): () => void
}

export interface LogWriter extends LogReader {
  /** Most bytes of records that are kept. */
  readonly maxBytes: number
  /**
   * Adds a record and announces it to the readers of this process before it returns: delivery
   * MUST NOT wait for a disk or a network.
   *
   * MUST ignore a `seq` that it has (idempotent), MUST throw on one that leaves a hole, and after
   * a terminal record. MAY drop the oldest records when over `maxBytes`, but MUST NOT drop one behind
   * the position last given to `passed`: nobody has read it yet.
   *
   * @returns UTF-8 bytes of the record's JSON, 0 when it was ignored
   */
  append(record: LogRecord): number
  /** Some reader has passed on everything up to `seq`. Never goes back. */
  passed(seq: number): void
  /** Bytes of JSON behind the position last given to `passed`: the producer waits at `maxBytes`. */
  readonly unreadBytes: number
}
