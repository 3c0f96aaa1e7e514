import { MemoryRecords } from '../src/log/memory-records.ts'
import type { LogRecord } from '../src/wire/record.ts'
import { STREAM_ID } from './stream-kit.ts'

/** A log that holds only its newest records in memory; the rest is loaded, a page at a time. */
export class TailLog extends MemoryRecords {
  /** Records that stay in memory. */
  held = 2
  pageSize = 3
  /** Positions that the store has lost. */
  readonly lost = new Set<number>()
  /** Where each page was to begin. */
  readonly loads: number[] = []
  /** Makes the store fail. */
  away: Error | undefined

  constructor() {
    super(STREAM_ID, undefined, 2 ** 20, () => {})
  }

  override at(seq: number): LogRecord | undefined {
    return seq > this.lastSeq - this.held ? super.at(seq) : undefined
  }

  override async load(seq: number): Promise<readonly LogRecord[]> {
    this.loads.push(seq)
    if (this.away !== undefined) throw this.away
    const rest = (await super.load(seq)).filter((record) => !this.lost.has(record.seq))
    return rest.slice(0, this.pageSize)
  }
}
