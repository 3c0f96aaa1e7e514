import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { LogRecord } from '../wire/record.ts'
import { AppendError } from './append-error.ts'
import { MemoryRecords } from './memory-records.ts'
import { RecordWindow } from './record-window.ts'

const STREAM_ID = '5f0c7a52-91d3-8e14-b0a6'

const window = (maxBytes = 30, onEnded: () => void = () => {}) =>
  new RecordWindow(STREAM_ID, 'user-1', maxBytes, onEnded)

const update = (seq: number, json = '"12345678"'): LogRecord => ({ seq, event: 'update', json })
const done = (seq: number): LogRecord => ({ seq, event: 'done', json: '{"reason":"complete"}' })

describe('RecordWindow', () => {
  it('drops a record as soon as it is passed, and counts on', () => {
    const records = window()
    for (let seq = 1; seq <= 3; seq++) {
      records.append(update(seq))
      expect(records).toMatchObject({ firstSeq: seq, lastSeq: seq, hasRoom: true })
      expect(records.at(seq)).toEqual(update(seq))
      expect(records.bytesAfter(0)).toBe(10)
      records.passed(seq)
      expect(records).toMatchObject({ firstSeq: seq + 1, lastSeq: seq })
      expect(records.at(seq)).toBeUndefined()
      expect(records.bytesAfter(0)).toBe(0)
    }
    expect(records.bytes).toBe(30)
  })

  it('keeps what is not passed, and has no room while that is too much', () => {
    const records = window()
    for (let seq = 1; seq <= 4; seq++) records.append(update(seq))
    expect(records).toMatchObject({ firstSeq: 1, hasRoom: false })
    records.passed(2)
    expect(records).toMatchObject({ firstSeq: 3, lastSeq: 4, hasRoom: true })
    expect([1, 2, 3, 4].map((seq) => records.at(seq)?.seq)).toEqual([undefined, undefined, 3, 4])
    expect(records.load(2)).toEqual([update(3), update(4)])
    expect([0, 2, 3, 4].map((seq) => records.bytesAfter(seq))).toEqual([20, 20, 10, 0])
  })

  it('keeps the end, for whoever asks how it ended, and tells its owner once', () => {
    const onEnded = vi.fn()
    const records = window(30, onEnded)
    records.append(update(1))
    records.append(done(2))
    records.append(done(2))
    records.passed(2)
    expect(records.at(2)).toEqual(done(2))
    expect(records).toMatchObject({ lastSeq: 2, ended: true })
    expect(onEnded).toHaveBeenCalledTimes(1)
  })

  it('ignores a position that it has, and throws on a hole and after the end', () => {
    const records = window()
    records.append(update(1))
    expect(records.append(update(1, '"other"'))).toBe(0)
    expect(() => records.append(update(3))).toThrow(AppendError)
    records.append(done(2))
    expect(() => records.append(update(3))).toThrow('record 3 of stream')
  })

  it('tells its producer of a cancel, until it has ended', () => {
    const records = window()
    const onCancel = vi.fn()
    records.listen({ onRoom() {}, onCancel, onLost() {} })
    records.cancel()
    records.append(done(1))
    records.cancel()
    expect(onCancel).toHaveBeenCalledTimes(1)
  })

  it('has what a log has that keeps all, from the passed position on', () => {
    const step = fc.oneof(
      fc.record({ append: fc.string({ maxLength: 8 }) }),
      fc.record({ pass: fc.nat(30) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const log = new MemoryRecords(STREAM_ID, undefined, 1e9, () => {})
        const records = window(1e9)
        const heard: (LogRecord | undefined)[] = []
        records.subscribe({ onAppend: (record) => heard.push(record) })
        let passed = 0
        for (const one of steps) {
          if ('append' in one) {
            const record = update(log.lastSeq + 1, JSON.stringify(one.append))
            expect(records.append(record)).toBe(log.append(record))
            expect(heard.at(-1)).toBe(record)
          } else {
            const seq = Math.min(one.pass, log.lastSeq)
            records.passed(seq)
            passed = Math.max(passed, seq)
          }
          expect(records).toMatchObject({ lastSeq: log.lastSeq, bytes: log.bytes })
          expect(records.firstSeq).toBe(passed + 1)
          for (let seq = passed; seq <= log.lastSeq + 1; seq++) {
            expect(records.bytesAfter(seq)).toBe(log.bytesAfter(seq))
            if (seq > passed) expect(records.at(seq)).toBe(log.at(seq))
          }
        }
      }),
    )
  })
})
