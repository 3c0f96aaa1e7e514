import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonBytes, type LogRecord } from '../wire/record.ts'
import {
  blockWrites,
  claimEndKey,
  claimOfEndKey,
  freeClaimKeys,
  readBlock,
  readStream,
  recordKey,
  recordKeys,
  recordKeysOf,
  type StreamEntry,
  streamWrite,
} from './level-keys.ts'

/** Of 48 bits, with room for some more behind it. */
const position = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat().map((n) => n % (2 ** 48 - 100)),
)

const records = fc
  .tuple(
    position,
    fc.array(fc.tuple(fc.constantFrom('update', 'done', 'error'), fc.jsonValue()), {
      minLength: 1,
      maxLength: 20,
    }),
  )
  .map(([before, values]) =>
    values.map(
      ([event, value], n): LogRecord => ({
        seq: before + n + 1,
        event: event as LogRecord['event'],
        json: JSON.stringify(value),
      }),
    ),
  )

describe('blocks of records', () => {
  it('give back what was put into them, for any JSON', () => {
    fc.assert(
      fc.property(position, records, (number, given) => {
        const writes = blockWrites(number, given)
        expect(writes.flatMap(([key, value]) => readBlock(key, value!))).toEqual(given)
      }),
    )
  })

  it('are as large as a reader can use, and larger only for one record', () => {
    const sizes = [10, 40_000, 40_000, 40_000, 200_000, 10, 10]
    const given = sizes.map((size, n): LogRecord => {
      return { seq: n + 1, event: 'update', json: JSON.stringify('x'.repeat(size - 2)) }
    })
    const blocks = blockWrites(1, given).map(([key, value]) => readBlock(key, value!))
    expect(blocks.map((block) => block.map(jsonBytes))).toEqual([
      [10, 40_000, 40_000],
      [40_000, 200_000],
      [10, 10],
    ])
  })

  it('are found from any of their positions on, and those of other streams are not', () => {
    fc.assert(
      fc.property(position, records, fc.nat(), (number, given, some) => {
        const seq = given[some % given.length]!.seq
        const { first, last } = recordKeys(number, seq)
        const [[key] = ['']] = blockWrites(number, given)
        expect(first <= key && key <= last).toBe(true)
        for (const other of [number + 1, number - 1].filter((one) => one >= 0 && one < 2 ** 48)) {
          const elsewhere = recordKey(other, seq)
          expect(first <= elsewhere && elsewhere <= last).toBe(false)
        }
      }),
    )
  })

  it('lie in the order of streams and positions', () => {
    fc.assert(
      fc.property(position, position, position, position, (a, b, seqA, seqB) => {
        const isBefore = a < b || (a === b && seqA < seqB)
        expect(recordKey(a, seqA) < recordKey(b, seqB)).toBe(isBefore)
        const { first, last } = recordKeysOf(Math.min(a, b), Math.max(a, b))
        for (const key of [recordKey(a, seqA), recordKey(b, seqB)]) {
          expect(first <= key && key <= last).toBe(true)
        }
      }),
    )
  })

  it('of a block that is damaged are none', () => {
    for (const value of ['', 'garbage', 'u1\ngarbage', '\nu1', 'u1\n']) {
      expect(readBlock(recordKey(1, 3), value)).toEqual([])
    }
  })
})

describe('entries of streams', () => {
  it('give back what was put into them', () => {
    const entries: StreamEntry[] = [
      { number: 1, principal: undefined, firstSeq: 1, droppedBytes: 0 },
      {
        number: 2,
        principal: '',
        firstSeq: 7,
        droppedBytes: 90,
        end: { lastSeq: 9, bytes: 99, at: 1e12 },
      },
      { number: 3, principal: '東京 "x"', firstSeq: 1, droppedBytes: 0 },
    ]
    for (const [n, entry] of entries.entries()) {
      const [key, value] = streamWrite(`id-${n}`, entry)
      expect(readStream(key, value!)).toEqual([`id-${n}`, JSON.parse(JSON.stringify(entry))])
    }
  })

  it.each(['', 'x', '{', 'null', '7', '[]', '{}', '{"number":"1","firstSeq":1}', '{"number":1}'])(
    'are not taken from %j',
    (value) => {
      expect(readStream('sa', value)).toBeUndefined()
    },
  )
})

describe('ends of claims', () => {
  it('are found once their time has come, whatever their names', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), position, position, (name, until, now) => {
        const key = claimEndKey(until, name)
        const { first, last } = freeClaimKeys(now)
        expect(claimOfEndKey(key)).toBe(name)
        const isFound = first <= key && key <= last
        // One without a name may be found a millisecond before, and is then left.
        if (name !== '') expect(isFound).toBe(until <= now)
      }),
    )
  })
})
