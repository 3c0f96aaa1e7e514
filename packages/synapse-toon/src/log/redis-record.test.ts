import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogRecord } from '../wire/record.ts'
import { decodeBatch, decodeRecord, decodeRows, encodeRecord } from './redis-record.ts'

const record = fc.record({
  seq: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
  event: fc.constantFrom('update' as const, 'done' as const, 'error' as const),
  json: fc.json(),
})

/** As the script writes it. */
function message(from: number, records: readonly LogRecord[]): string {
  return [`${from} 7 1234`, ...records.map(encodeRecord)].join('\n')
}

describe('records in Redis', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(record, (one) => {
        expect(decodeRecord(one.seq, encodeRecord(one))).toEqual(one)
      }),
    )
  })

  it('come back from a message, one behind the other', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1 }),
        fc.integer({ min: 1, max: 2 ** 47 }),
        (all, from) => {
          const records = all.map((one, n) => ({ ...one, seq: from + n }))
          const batch = { firstSeq: 7, bytes: 1234, records }
          expect(decodeBatch(message(from, records))).toEqual(batch)
        },
      ),
    )
  })

  it('come back from rows, whatever positions are missing', () => {
    const rows = ['3-0', 'u{"a":1}', '281474976710655-0', 'd{}']
    expect(decodeRows(rows)).toEqual([
      { seq: 3, event: 'update', json: '{"a":1}' },
      { seq: 281474976710655, event: 'done', json: '{}' },
    ])
    expect(decodeRows([])).toEqual([])
  })

  it.each(['', 'hello', '1 1 1', '1 x 1\nu{}', '-1 1 1\nu{}', '{"a":1}\n{"b":2}'])(
    'are not made of a message that is none of ours: %j',
    (text) => {
      expect(decodeBatch(text)).toBeUndefined()
    },
  )
})
