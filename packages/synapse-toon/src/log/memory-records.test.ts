import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { LogRecord } from '../wire/record.ts'
import { AppendError } from './append-error.ts'
import { MemoryRecords } from './memory-records.ts'

const STREAM_ID = '5f0c7a52-91d3-8e14-b0a6'

function recordsOf(maxBytes = 1000, onEnded: () => void = () => {}): MemoryRecords {
  return new MemoryRecords(STREAM_ID, 'user-1', maxBytes, onEnded)
}

const update = (seq: number, json = '"12345678"'): LogRecord => ({ seq, event: 'update', json })
const done = (seq: number): LogRecord => ({ seq, event: 'done', json: '{"reason":"complete"}' })

describe('MemoryRecords', () => {
  it('begins empty', () => {
    const records = recordsOf()
    expect(records).toMatchObject({
      streamId: STREAM_ID,
      principal: 'user-1',
      firstSeq: 1,
      lastSeq: 0,
      ended: false,
      unreadBytes: 0,
    })
    expect(records.at(1)).toBeUndefined()
    expect(records.bytesAfter(0)).toBe(0)
  })

  it('gives back what was appended, and its bytes of UTF-8', () => {
    const records = recordsOf()
    expect(records.append(update(1, '"é"'))).toBe(4)
    expect(records.append(update(2, '"ab"'))).toBe(4)
    expect(records.at(1)).toEqual(update(1, '"é"'))
    expect(records.at(2)).toEqual(update(2, '"ab"'))
    expect([0, 1, 2, 3].map((seq) => records.at(seq) !== undefined)).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect([0, 1, 2, 99].map((seq) => records.bytesAfter(seq))).toEqual([8, 4, 0, 0])
  })

  it('ignores a position that it has, dropped or not, and tells nobody', () => {
    const records = recordsOf(20)
    for (let seq = 1; seq <= 5; seq++) {
      records.append(update(seq))
      records.passed(seq)
    }
    const onAppend = vi.fn()
    records.subscribe({ onAppend })
    expect(records.firstSeq).toBe(4)
    for (let seq = 1; seq <= 5; seq++) expect(records.append(update(seq, '"other"'))).toBe(0)
    expect(records.at(5)).toEqual(update(5))
    expect(onAppend).not.toHaveBeenCalled()
  })

  it('throws on a hole, and is as before', () => {
    const records = recordsOf()
    records.append(update(1))
    expect(() => records.append(update(3))).toThrow(AppendError)
    expect(() => records.append(update(3))).toThrow(
      `record 3 of stream ${STREAM_ID} leaves a hole after 1`,
    )
    expect(records.lastSeq).toBe(1)
    expect(records.append(update(2))).toBe(10)
  })

  it('throws after the terminal record, but still ignores what it has', () => {
    const records = recordsOf()
    records.append(update(1))
    records.append(done(2))
    expect(records.ended).toBe(true)
    expect(() => records.append(update(3))).toThrow(
      expect.objectContaining({
        code: 'ERR_SYNAPSE_APPEND',
        message: `record 3 of stream ${STREAM_ID} follows the terminal record`,
      }),
    )
    expect(records.append(done(2))).toBe(0)
    expect(records.lastSeq).toBe(2)
  })

  it('tells its owner once that it has ended, with everything in place', () => {
    const onEnded = vi.fn(() => expect(records).toMatchObject({ ended: true, lastSeq: 2 }))
    const records = recordsOf(1000, onEnded)
    records.append(update(1))
    expect(onEnded).not.toHaveBeenCalled()
    records.append(done(2))
    records.append(done(2))
    expect(onEnded).toHaveBeenCalledExactlyOnceWith(records)
  })
})

describe('the trimming of MemoryRecords', () => {
  it('drops the oldest that were read, as soon as there is more than fits', () => {
    const records = recordsOf(30)
    for (let seq = 1; seq <= 3; seq++) {
      records.append(update(seq))
      records.passed(seq)
    }
    expect(records.firstSeq).toBe(1)
    records.append(update(4))
    expect(records.firstSeq).toBe(2)
    expect(records.at(1)).toBeUndefined()
    expect(records.bytesAfter(0)).toBe(30)
  })

  it('never drops what nobody has read', () => {
    const records = recordsOf(30)
    for (let seq = 1; seq <= 10; seq++) records.append(update(seq))
    expect(records).toMatchObject({ firstSeq: 1, unreadBytes: 100 })
    records.passed(2)
    records.append(update(11))
    expect(records).toMatchObject({ firstSeq: 3, unreadBytes: 90 })
  })

  it('keeps the newest, however large it is', () => {
    const records = recordsOf(30)
    records.append(update(1))
    records.passed(1)
    records.append(update(2, JSON.stringify('x'.repeat(100))))
    expect(records).toMatchObject({ firstSeq: 2, lastSeq: 2 })
    records.passed(2)
    records.append(update(3))
    expect(records).toMatchObject({ firstSeq: 3, lastSeq: 3 })
  })

  it('does not go back with a reader that is behind another', () => {
    const records = recordsOf(1000)
    for (let seq = 1; seq <= 5; seq++) records.append(update(seq))
    records.passed(4)
    records.passed(2)
    expect(records.unreadBytes).toBe(10)
  })
})

/** Appends `count` records of `size` bytes each, then says that all but the last `unread` are read. */
interface Batch {
  readonly count: number
  readonly size: number
  readonly unread: number
}

const batches: fc.Arbitrary<Batch[]> = fc.array(
  fc.record({
    count: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 900 })),
    size: fc.integer({ min: 2, max: 40 }),
    unread: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1500 })),
  }),
  { maxLength: 12 },
)

describe('MemoryRecords beside a list of all records', () => {
  function compare(maxBytes: number, script: readonly Batch[], probes: readonly number[]): number {
    const records = recordsOf(maxBytes)
    const sizes: number[] = []
    let firstSeq = 1
    let kept = 0
    let passed = 0
    let wrong = 0
    const sizeOf = (seq: number) => sizes[seq - 1]!
    const check = (seq: number) => {
      const has = seq >= firstSeq && seq <= sizes.length
      expect(records.at(seq)?.seq).toBe(has ? seq : undefined)
      let after = 0
      for (let each = Math.max(seq + 1, firstSeq); each <= sizes.length; each++) {
        after += sizeOf(each)
      }
      expect(records.bytesAfter(seq)).toBe(after)
    }
    for (const { count, size, unread } of script) {
      for (let n = 0; n < count; n++) {
        const json = JSON.stringify('x'.repeat(size - 2))
        const appended = records.append(update(sizes.length + 1, json))
        sizes.push(size)
        kept += size
        while (kept > maxBytes && firstSeq <= passed) kept -= sizeOf(firstSeq++)
        // No `expect` for each of thousands: that would take longer than all the rest.
        if (appended !== size || records.firstSeq !== firstSeq) wrong++
      }
      passed = Math.max(passed, sizes.length - unread)
      records.passed(Math.max(0, sizes.length - unread))
      expect(records.lastSeq).toBe(sizes.length)
      expect(records.unreadBytes).toBe(records.bytesAfter(passed))
      for (const probe of probes) check(probe % (sizes.length + 3))
      for (const seq of [0, firstSeq - 1, firstSeq, sizes.length, sizes.length + 1]) check(seq)
    }
    expect(wrong).toBe(0)
    return firstSeq - 1
  }

  it('has the same records and counts, for any appends, reads and bounds', () => {
    const probes = fc.array(fc.nat(), { maxLength: 6 })
    const bounds = fc.integer({ min: 1, max: 2000 })
    fc.assert(
      fc.property(bounds, batches, probes, (maxBytes, script, some) => {
        compare(maxBytes, script, some)
      }),
      { numRuns: 60 },
    )
  })

  it('has them too over many thousand dropped ones, where its arrays are cut', () => {
    const script = Array.from({ length: 40 }, (_, n) => ({
      count: 130,
      size: 10,
      unread: n % 3 === 0 ? 100 : 0,
    }))
    expect(compare(1500, script, [1, 1023, 1024, 1025, 2048])).toBeGreaterThan(4 * 1024)
  })
})

describe('a subscriber of MemoryRecords', () => {
  it('is called after every append, once the record can be read, until it unsubscribes', () => {
    const records = recordsOf()
    const seen: number[] = []
    records.append(update(1))
    const unsubscribe = records.subscribe({
      onAppend: () => seen.push(records.at(records.lastSeq)!.seq),
    })
    records.append(update(2))
    records.append(done(3))
    expect(seen).toEqual([2, 3])
    const other = recordsOf()
    const onAppend = vi.fn()
    other.subscribe({ onAppend })()
    other.append(update(1))
    unsubscribe()
    expect(onAppend).not.toHaveBeenCalled()
  })

  it('may unsubscribe itself and another one while it is called', () => {
    const records = recordsOf()
    const called: string[] = []
    const first = records.subscribe({
      onAppend: () => {
        called.push('first')
        first()
        second()
      },
    })
    const second = records.subscribe({ onAppend: () => called.push('second') })
    records.subscribe({ onAppend: () => called.push('third') })
    records.append(update(1))
    records.append(update(2))
    expect(called).toEqual(['first', 'third', 'third'])
  })

  it('may be added while another one is called', () => {
    const records = recordsOf()
    const late = vi.fn()
    const once = records.subscribe({
      onAppend: () => {
        once()
        records.subscribe({ onAppend: late })
      },
    })
    records.append(update(1))
    records.append(update(2))
    expect(late).toHaveBeenCalled()
  })

  it('may end the stream from inside: all others hear of the end', () => {
    const records = recordsOf()
    const heard: number[] = []
    records.subscribe({
      onAppend: () => {
        if (!records.ended) records.append(done(2))
      },
    })
    records.subscribe({ onAppend: () => heard.push(records.lastSeq) })
    records.append(update(1))
    expect(heard).toEqual([2, 2])
    expect(records.ended).toBe(true)
  })
})
