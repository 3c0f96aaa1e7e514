import { describe, expect, it, vi } from 'vitest'
import { emptyLog, refill } from '../../test/connection-kit.ts'
import { listenToWarnings } from '../../test/process-events.ts'
import { STREAM_ID } from '../../test/stream-kit.ts'
import type { MemoryRecords } from '../log/memory-records.ts'
import { frameRecord } from '../wire/record-frame.ts'
import { parsePieces, utf8 } from '../wire/test-kit.ts'
import { FrameSource, type FrameSourceInput } from './frame-source.ts'
import { mergeDelta } from './merge.ts'

/** Room and target for all there is. */
const ALL = 2 ** 30

function logOf(...payloads: unknown[]): MemoryRecords {
  const log = emptyLog()
  for (const payload of payloads) append(log, payload)
  return log
}

function append(log: MemoryRecords, payload: unknown): void {
  log.append({ seq: log.lastSeq + 1, event: 'update', json: JSON.stringify(payload) })
}

function finish(log: MemoryRecords, event: 'done' | 'error', data: object): void {
  log.append({ seq: log.lastSeq + 1, event, json: JSON.stringify(data) })
}

function framesOf(log: MemoryRecords, input: Partial<FrameSourceInput> = {}): FrameSource {
  return new FrameSource({
    log,
    encoding: 'json',
    after: 0,
    merge: undefined,
    observer: undefined,
    ...input,
  })
}

const sizeOf = (log: MemoryRecords, seq: number) =>
  Buffer.byteLength(frameRecord(STREAM_ID, log.at(seq)!, 'json'))

const eventsIn = (text: string) => parsePieces([utf8(text)]).events

describe('FrameSource', () => {
  it('frames the records behind its position, and then is not ready', () => {
    const log = logOf('a', 'b', 'c')
    const frames = framesOf(log, { after: 1 })
    expect(frames.isReady).toBe(true)
    expect(refill(frames, ALL, ALL, true)).toBe(true)
    expect(frames.text).toBe(
      frameRecord(STREAM_ID, log.at(2)!, 'json') + frameRecord(STREAM_ID, log.at(3)!, 'json'),
    )
    expect(frames).toMatchObject({ position: 3, chunks: 2, ended: false, isReady: false })
    expect(refill(frames, ALL, ALL, true)).toBe(false)
    expect(frames).toMatchObject({ text: '', bytes: 0 })
  })

  it('is ready again as soon as a record comes', () => {
    const log = logOf('a')
    const frames = framesOf(log)
    refill(frames, ALL, ALL, true)
    append(log, 'b')
    expect(frames.isReady).toBe(true)
    refill(frames, ALL, ALL, true)
    expect(eventsIn(frames.text).map(({ data }) => data)).toEqual(['"b"'])
  })

  it('frames each position as its own, though most of an id is made once for 256 of them', () => {
    const log = logOf(...Array.from({ length: 600 }, (_, n) => `é ${n}`))
    const frames = framesOf(log)
    for (let seq = 1; seq <= 600; seq++) {
      const record = log.at(seq)!
      expect(frames.add(record, ALL, ALL)).toBe(true)
      expect(frames.text).toBe(frameRecord(STREAM_ID, record, 'json'))
      expect(frames.bytes).toBe(Buffer.byteLength(frames.text))
      frames.clear()
    }
  })

  it('adds a record as it comes, behind the batch that there is', () => {
    const log = logOf('a')
    const frames = framesOf(log)
    frames.fill(ALL, ALL, true)
    const add = (payload: unknown, target = ALL, room = ALL) => {
      append(log, payload)
      return frames.add(log.at(log.lastSeq)!, target, room)
    }
    expect(add('é')).toBe(true)
    expect(frames).toMatchObject({ position: 2, chunks: 2, hasMore: false })
    expect(eventsIn(frames.text).map(({ data }) => data)).toEqual(['"a"', '"é"'])
    expect(frames.bytes).toBe(Buffer.byteLength(frames.text))
    expect(add('b', frames.bytes + 1)).toBe(false)
    expect(frames).toMatchObject({ position: 2, chunks: 2, hasMore: true })
    expect(frames.add(log.at(3)!, ALL, ALL)).toBe(true)
  })

  it.each([
    ['follows one that is not in a batch', 0, ALL],
    ['is larger than the room', 1, 10],
  ])('does not add a record that %s', (_, after, room) => {
    const log = logOf('a', 'b')
    const frames = framesOf(log, { after })
    expect(frames.add(log.at(2)!, ALL, room)).toBe(false)
    expect(frames).toMatchObject({ text: '', bytes: 0, position: after })
  })

  it('leaves the end to the log', () => {
    const log = logOf('a')
    const frames = framesOf(log, { after: 1 })
    finish(log, 'done', { reason: 'complete' })
    expect(frames.add(log.at(2)!, ALL, ALL)).toBe(false)
    expect(frames).toMatchObject({ ended: false, isReady: true })
  })

  it('counts bytes of UTF-8, not characters', () => {
    const frames = framesOf(logOf('é€😀'))
    refill(frames, ALL, ALL, true)
    expect(frames.bytes).toBe(Buffer.byteLength(frames.text))
  })

  it('gathers up to the target, and one frame at least', () => {
    const log = logOf(...Array(10).fill('x'))
    const size = sizeOf(log, 1)
    const frames = framesOf(log)
    refill(frames, 3 * size, ALL, true)
    expect(frames.position).toBe(3)
    refill(frames, 4 * size - 1, ALL, true)
    expect(frames.position).toBe(6)
    refill(frames, 1, ALL, true)
    expect(frames.position).toBe(7)
  })

  it('stays within the room, whatever the target', () => {
    const log = logOf(...Array(10).fill('x'))
    const size = sizeOf(log, 1)
    const frames = framesOf(log)
    refill(frames, ALL, 2 * size + 1, false)
    expect(frames.position).toBe(2)
  })

  it('makes no batch of a frame that is larger than the room, and loses nothing', () => {
    const log = logOf('x'.repeat(1000), 'y')
    const frames = framesOf(log)
    expect(refill(frames, ALL, 900, false)).toBe(false)
    expect(frames).toMatchObject({ position: 0, chunks: 0, isReady: true, text: '', bytes: 0 })
    expect(refill(frames, ALL, 900, false)).toBe(false)
    expect(refill(frames, ALL, 2000, false)).toBe(true)
    expect(eventsIn(frames.text).map(({ data }) => JSON.parse(data))).toEqual([
      'x'.repeat(1000),
      'y',
    ])
  })

  it('makes a batch of a frame larger than the room when nothing else waits at the sink', () => {
    const log = logOf('x'.repeat(1000), 'y')
    const frames = framesOf(log)
    expect(refill(frames, 512, 900, true)).toBe(true)
    expect(frames.position).toBe(1)
  })

  it('keeps a frame that did not fit, even when its record is dropped meanwhile', () => {
    const log = emptyLog(100)
    append(log, 'x'.repeat(60))
    const frames = framesOf(log)
    expect(refill(frames, ALL, 10, false)).toBe(false)
    log.passed(1)
    append(log, 'y'.repeat(60))
    expect(log.firstSeq).toBe(2)
    refill(frames, ALL, ALL, true)
    expect(eventsIn(frames.text).map(({ event }) => event)).toEqual(['update', 'update'])
  })

  it('begins with a gap where records were dropped, once for the observer and once on the wire', () => {
    const gap = vi.fn()
    const log = emptyLog(30)
    for (let n = 0; n < 10; n++) {
      append(log, '12345678')
      log.passed(n + 1)
    }
    const frames = framesOf(log, { after: 2, observer: { gap } })
    expect(refill(frames, ALL, 10, false)).toBe(false)
    expect(refill(frames, ALL, ALL, true)).toBe(true)
    expect(gap).toHaveBeenCalledExactlyOnceWith({ streamId: STREAM_ID, from: 3, to: 7 })
    const events = eventsIn(frames.text)
    expect(events.map(({ event }) => event)).toEqual(['gap', 'update', 'update', 'update'])
    expect(JSON.parse(events[0]!.data)).toEqual({ from: 3, to: 7 })
    expect(events[0]!.id).toBe(`${STREAM_ID}-000000000007`)
    expect(events[1]!.id).toBe(`${STREAM_ID}-000000000008`)
    expect(frames.chunks).toBe(3)
  })

  it('says again what was dropped while its gap waited', () => {
    const log = emptyLog(20)
    const drop = (payload: string) => {
      append(log, payload)
      log.passed(log.lastSeq)
    }
    for (let n = 0; n < 5; n++) drop('12345678')
    const frames = framesOf(log)
    expect(refill(frames, ALL, 10, false)).toBe(false)
    for (let n = 0; n < 5; n++) drop('12345678')
    refill(frames, ALL, ALL, true)
    const gaps = eventsIn(frames.text).filter(({ event }) => event === 'gap')
    expect(gaps.map(({ data }) => JSON.parse(data))).toEqual([
      { from: 1, to: 3 },
      { from: 4, to: 8 },
    ])
    expect(frames.position).toBe(10)
  })

  it('is over with the terminal record, and knows the reason', () => {
    const log = logOf('a')
    finish(log, 'done', { reason: 'cancelled', chunks: 1 })
    const frames = framesOf(log)
    expect(frames.endReason).toBeUndefined()
    refill(frames, ALL, ALL, true)
    expect(frames).toMatchObject({
      ended: true,
      isReady: false,
      chunks: 1,
      endReason: 'cancelled',
    })
  })

  it('asks the clients of a shutdown to come back, each a bit later than the other', () => {
    const log = logOf('a')
    finish(log, 'error', { code: 'shutdown', message: 'x', retryable: true })
    const frames = framesOf(log)
    refill(frames, ALL, ALL, true)
    expect(frames.endReason).toBe('shutdown')
    const { retries } = parsePieces([utf8(frames.text)])
    expect(retries).toHaveLength(1)
  })

  it('starts with a failure only when it is all that the client will ever get', () => {
    const failed = emptyLog()
    finish(failed, 'error', { code: 'source-error' })
    expect(framesOf(failed).startsWithFailure).toBe(true)
    const done = emptyLog()
    finish(done, 'done', { reason: 'complete' })
    expect(framesOf(done).startsWithFailure).toBe(false)
    const late = logOf('a')
    finish(late, 'error', { code: 'source-error' })
    expect(framesOf(late).startsWithFailure).toBe(false)
    expect(framesOf(emptyLog()).startsWithFailure).toBe(false)
  })

  it('writes the payloads in the encoding that was asked for', () => {
    const frames = framesOf(logOf('a'), { encoding: 'base64' })
    refill(frames, ALL, ALL, true)
    expect(eventsIn(frames.text)[0]!.data).toBe(Buffer.from('"a"').toString('base64'))
  })
})

describe('FrameSource with a merge', () => {
  const deltas = (...texts: string[]) => logOf(...texts.map((delta) => ({ delta })))
  const read = (frames: FrameSource) => {
    refill(frames, ALL, ALL, true)
    return eventsIn(frames.text).map(({ id, data }) => [id!.slice(-2), JSON.parse(data)])
  }

  it('leaves records alone that did not wait', () => {
    const frames = framesOf(deltas('a', 'b'), { merge: mergeDelta })
    expect(read(frames)).toEqual([
      ['01', { delta: 'a' }],
      ['02', { delta: 'b' }],
    ])
  })

  it('joins those that waited, under the position of the last', () => {
    const log = deltas('a', 'b', 'c')
    const frames = framesOf(log, { merge: mergeDelta })
    frames.fellBehind()
    expect(read(frames)).toEqual([['03', { delta: 'abc' }]])
    expect(frames).toMatchObject({ position: 3, chunks: 1 })
  })

  it('stops at a payload that can not be joined, and at the terminal record', () => {
    const log = deltas('a', 'b')
    append(log, { delta: 'c', usage: { total: 1 } })
    append(log, { delta: 'd' })
    finish(log, 'done', { reason: 'complete' })
    const frames = framesOf(log, { merge: mergeDelta })
    frames.fellBehind()
    expect(read(frames)).toEqual([
      ['02', { delta: 'ab' }],
      ['03', { delta: 'c', usage: { total: 1 } }],
      ['04', { delta: 'd' }],
      ['05', { reason: 'complete' }],
    ])
  })

  it('leaves records alone again once it has caught up', () => {
    const log = deltas('a', 'b')
    const frames = framesOf(log, { merge: mergeDelta })
    frames.fellBehind()
    read(frames)
    frames.caughtUp()
    append(log, { delta: 'c' })
    append(log, { delta: 'd' })
    expect(read(frames)).toEqual([
      ['03', { delta: 'c' }],
      ['04', { delta: 'd' }],
    ])
  })

  it('joins at most 16,384 characters of JSON, and the last of them whole', () => {
    const text = 'x'.repeat(5000)
    const frames = framesOf(deltas(text, text, text, text, text), { merge: mergeDelta })
    frames.fellBehind()
    expect(read(frames).map(([id]) => id)).toEqual(['04', '05'])
  })

  it('loses nothing to a merge that throws', async () => {
    const warnings = listenToWarnings()
    const frames = framesOf(deltas('a', 'b'), {
      merge: () => {
        throw new Error('bug')
      },
    })
    frames.fellBehind()
    expect(read(frames)).toEqual([
      ['01', { delta: 'a' }],
      ['02', { delta: 'b' }],
    ])
    expect(await warnings()).toEqual(['SYNAPSE_MERGE'])
  })
})
