import type { LogRecord } from '../wire/record.ts'
import type { LogReader } from './log.ts'

/** Records to be stored together, in order. */
export interface Batch {
  readonly records: readonly LogRecord[]
  /** Records before this position are to be dropped from the store. */
  readonly firstSeq: number
  /** UTF-8 bytes of JSON in the records before it. */
  readonly droppedBytes: number
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

/** One batch: small enough not to hold up a store that serves others too. */
const BATCH_RECORDS = 512
const BATCH_BYTES = 1024 * 1024

/** The records from a position on that are stored at once: as far as they are in memory. */
export function recordsOfBatch(log: Pick<LogReader, 'at'>, fromSeq: number): LogRecord[] {
  const records: LogRecord[] = []
  let characters = 0
  while (records.length < BATCH_RECORDS && characters < BATCH_BYTES) {
    const record = log.at(fromSeq + records.length)
    if (record === undefined) break
    records.push(record)
    characters += record.json.length
  }
  return records
}
