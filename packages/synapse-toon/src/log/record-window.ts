import { jsonBytes, type LogRecord } from '../wire/record.ts'
import { HeldRecords } from './held-records.ts'
import type { LogWriter, MaybePromise } from './log.ts'

/**
 * The records of a stream that nobody can come back to: those that its reader has not passed on yet,
 * and its end.
 */
export class RecordWindow extends HeldRecords implements LogWriter {
  get firstSeq(): number {
    return this.firstHeldSeq ?? this.lastSeq + 1
  }

  get hasRoom(): boolean {
    return this.bytes - this.passedBytes < this.maxBytes
  }

  at(seq: number): LogRecord | undefined {
    return this.heldAt(seq)
  }

  load(seq: number): MaybePromise<readonly LogRecord[]> {
    const records: LogRecord[] = []
    for (let next = Math.max(seq, this.firstSeq); next <= this.lastSeq; next++) {
      records.push(this.heldAt(next)!)
    }
    return records
  }

  bytesAfter(seq: number): number {
    if (seq >= this.lastSeq) return 0
    let passed = this.passedBytes
    for (let before = this.firstSeq; before <= seq; before++) {
      passed += jsonBytes(this.heldAt(before)!)
    }
    return this.bytes - passed
  }

  protected onHeld(): void {}

  protected onPassed(): void {}
}
