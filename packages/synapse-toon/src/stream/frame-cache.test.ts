import { describe, expect, it } from 'vitest'
import { emptyLog } from '../../test/connection-kit.ts'
import type { LogRecord } from '../wire/record.ts'
import { frameRecord } from '../wire/record-frame.ts'
import { FrameCache } from './frame-cache.ts'

const update = (seq: number, json = '{"delta":"é"}'): LogRecord => ({ seq, event: 'update', json })

describe('FrameCache', () => {
  it('frames a record once for all readers of an encoding', () => {
    const log = emptyLog()
    const [one, other] = [FrameCache.of(log), FrameCache.of(log)]
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
    const cache = FrameCache.of(log)
    FrameCache.of(log)
    for (const seq of [1, 257, 513, 1, 2, 258]) {
      expect(cache.frame(update(seq), 'json').text).toBe(
        frameRecord(log.streamId, update(seq), 'json'),
      )
    }
  })

  it('keeps nothing for a single reader, nor what is large, nor an end', () => {
    const log = emptyLog()
    const cache = FrameCache.of(log)
    expect(cache.frame(update(1), 'json')).not.toBe(cache.frame(update(1), 'json'))
    FrameCache.of(log)
    const large = update(2, JSON.stringify('x'.repeat(20_000)))
    expect(cache.frame(large, 'json')).not.toBe(cache.frame(large, 'json'))
    const end: LogRecord = { seq: 3, event: 'done', json: '{}' }
    expect(cache.frame(end, 'json')).not.toBe(cache.frame(end, 'json'))
  })

  it('keeps what it has for the last of several readers, and forgets it with them', () => {
    const log = emptyLog()
    const cache = FrameCache.of(log)
    const other = FrameCache.of(log)
    const before = cache.frame(update(1), 'json')
    other.release()
    expect(cache.frame(update(1), 'json')).toBe(before)
    cache.release()
    for (let n = 0; n < 2; n++) FrameCache.of(log)
    expect(cache.frame(update(1), 'json')).not.toBe(before)
  })

  it('is one for each log', () => {
    expect(FrameCache.of(emptyLog())).not.toBe(FrameCache.of(emptyLog()))
  })
})
