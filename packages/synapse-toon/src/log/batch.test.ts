import { describe, expect, it } from 'vitest'
import type { LogRecord } from '../wire/record.ts'
import { recordsOfBatch } from './batch.ts'

/** A log of so many records, each of so many characters. */
function logOf(count: number, characters: number) {
  const json = JSON.stringify('x'.repeat(characters - 2))
  const at = (seq: number): LogRecord | undefined =>
    seq > count ? undefined : { seq, event: 'update', json }
  return { at }
}

const seqsOf = (records: readonly LogRecord[]) => records.map(({ seq }) => seq)

describe('the records of a batch', () => {
  it('are all from a position on, where they are few', () => {
    expect(seqsOf(recordsOfBatch(logOf(5, 10), 3))).toEqual([3, 4, 5])
    expect(recordsOfBatch(logOf(5, 10), 6)).toEqual([])
  })

  it('are 512 at most', () => {
    const records = recordsOfBatch(logOf(2000, 10), 7)
    expect([records.length, records[0]!.seq, records.at(-1)!.seq]).toEqual([512, 7, 518])
  })

  it('are no more once they have 1 MiB, but one that is larger is among them', () => {
    expect(seqsOf(recordsOfBatch(logOf(10, 600_000), 1))).toEqual([1, 2])
    expect(seqsOf(recordsOfBatch(logOf(10, 5_000_000), 1))).toEqual([1])
  })
})
