import { describe, expect, it } from 'vitest'
import { emptyLog } from '../../test/connection-kit.ts'
import { createOpenAiProfile } from '../profile/openai.ts'
import type { LogRecord } from '../wire/record.ts'
import { frameRecord } from '../wire/record-frame.ts'
import { FrameCache } from './frame-cache.ts'

const update = (seq: number, json = '{"delta":"é"}'): LogRecord => ({ seq, event: 'update', json })

const reader = () => ({ isShared: false })

describe('FrameCache', () => {
  it('frames a record once for all readers of an encoding', () => {
    const log = emptyLog()
    const [one, other] = [FrameCache.of(log, reader()), FrameCache.of(log, reader())]
    expect(one).toBe(other)
    const frame = one.frame(update(1), 'json')
    expect(frame.text).toBe(frameRecord(log.streamId, update(1), 'json'))
    expect(frame.bytes).toBe(Buffer.byteLength(frame.text))
    expect(other.frame(update(1), 'json')).toBe(frame)
    expect(other.frame(update(1), 'base64')).not.toBe(frame)
    expect(other.frame(update(1), 'base64')).toBe(one.frame(update(1), 'base64'))
  })

  it('never takes the frame of one position for that of another', () => {
    const log = emptyLog()
    const cache = FrameCache.of(log, reader())
    FrameCache.of(log, reader())
    for (const seq of [1, 257, 513, 1, 2, 258]) {
      expect(cache.frame(update(seq), 'json').text).toBe(
        frameRecord(log.streamId, update(seq), 'json'),
      )
    }
  })

  it('keeps nothing for a single reader, nor what is large, nor an end', () => {
    const log = emptyLog()
    const cache = FrameCache.of(log, reader())
    expect(cache.frame(update(1), 'json')).not.toBe(cache.frame(update(1), 'json'))
    FrameCache.of(log, reader())
    const large = update(2, JSON.stringify('x'.repeat(20_000)))
    expect(cache.frame(large, 'json')).not.toBe(cache.frame(large, 'json'))
    const end: LogRecord = { seq: 3, event: 'done', json: '{}' }
    expect(cache.frame(end, 'json')).not.toBe(cache.frame(end, 'json'))
  })

  it('keeps what it has for the last of several readers, and forgets it with them', () => {
    const log = emptyLog()
    const cache = FrameCache.of(log, reader())
    const other = FrameCache.of(log, reader())
    const before = cache.frame(update(1), 'json')
    other.release()
    expect(cache.frame(update(1), 'json')).toBe(before)
    cache.release()
    for (let n = 0; n < 2; n++) FrameCache.of(log, reader())
    expect(cache.frame(update(1), 'json')).not.toBe(before)
  })

  it('frames a record once for all readers of a profile that are in the same state', () => {
    const log = emptyLog()
    const cache = FrameCache.of(log, reader())
    const profile = createOpenAiProfile('m')
    const alone = cache.profiled(update(1), profile, 0, false)
    expect(cache.profiled(update(1), profile, 0, false)).not.toBe(alone)
    FrameCache.of(log, reader())
    const frame = cache.profiled(update(1), profile, 0, false)
    expect(frame).toEqual(alone)
    expect(frame.bytes).toBe(Buffer.byteLength(frame.text))
    expect(cache.profiled(update(1), createOpenAiProfile('m'), 0, false)).toBe(frame)
    expect(cache.profiled(update(1), createOpenAiProfile('n'), 0, false).text).not.toBe(frame.text)
    expect(cache.profiled(update(257), profile, 0, false)).not.toBe(frame)
  })

  it('never gives a reader the frame of another state, nor what was made for another one', () => {
    const log = emptyLog()
    const cache = FrameCache.of(log, reader())
    FrameCache.of(log, reader())
    const profile = createOpenAiProfile('m')
    const first = cache.profiled(update(1), profile, 0, false)
    const later = cache.profiled(update(1), profile, first.after, false)
    expect(first.text).toContain('"role":"assistant"')
    expect(later.text).not.toContain('"role"')
    const merged = cache.profiled(update(1, '{"delta":"merged"}'), profile, first.after, true)
    expect(merged.text).toContain('merged')
    expect(cache.profiled(update(1), profile, first.after, false)).toBe(later)
  })

  it('tells readers once there are several, and so what they make is kept', () => {
    const log = emptyLog()
    const all = [reader(), reader(), reader()]
    const states = () => all.map(({ isShared }) => isShared)
    const first = FrameCache.of(log, all[0]!)
    expect(states()).toEqual([false, false, false])
    FrameCache.of(log, all[1]!)
    expect(states()).toEqual([true, true, false])
    FrameCache.of(log, all[2]!)
    expect(states()).toEqual([true, true, true])
    for (const _ of all) first.release()
    const [alone, other] = [reader(), reader()]
    FrameCache.of(log, alone)
    expect(alone.isShared).toBe(false)
    FrameCache.of(log, other)
    expect([alone, other].map(({ isShared }) => isShared)).toEqual([true, true])
  })

  it('is one for each log', () => {
    expect(FrameCache.of(emptyLog(), reader())).not.toBe(FrameCache.of(emptyLog(), reader()))
  })
})
