import { describe, expect, it, vi } from 'vitest'
import { emptyLog, refill } from '../../test/connection-kit.ts'
import { STREAM_ID } from '../../test/stream-kit.ts'
import type { MemoryRecords } from '../log/memory-records.ts'
import { AI_SDK_PROFILE } from '../profile/ai-sdk.ts'
import { parsePieces, utf8 } from '../wire/test-kit.ts'
import { FrameSource, type FrameSourceInput } from './frame-source.ts'
import { mergeDelta } from './merge.ts'

/** Room and target for all there is. */
const ALL = 2 ** 30

function append(log: MemoryRecords, ...deltas: string[]): void {
  for (const delta of deltas) {
    log.append({ seq: log.lastSeq + 1, event: 'update', json: JSON.stringify({ delta }) })
  }
}

function framesOf(log: MemoryRecords, input: Partial<FrameSourceInput> = {}): FrameSource {
  const defaults = { encoding: 'json', after: 0, merge: undefined, observer: undefined } as const
  return new FrameSource({ log, ...defaults, profile: AI_SDK_PROFILE, ...input })
}

/** The types of the parts in a batch, and the text of deltas. */
function partsIn(text: string): string[] {
  return parsePieces([utf8(text)]).events.map(({ data }) => {
    if (data === '[DONE]') return data
    const { type, delta } = JSON.parse(data) as { type: string; delta?: string }
    return delta ?? type
  })
}

describe('FrameSource in a profile', () => {
  it('goes on from batch to batch where the frames before have led', () => {
    const log = emptyLog()
    append(log, 'é')
    const frames = framesOf(log)
    refill(frames, ALL, ALL, true)
    expect(partsIn(frames.text)).toEqual(['start', 'text-start', 'é'])
    expect(frames.bytes).toBe(Buffer.byteLength(frames.text))
    append(log, 'b')
    log.append({ seq: 3, event: 'done', json: '{"reason":"complete","chunks":2}' })
    refill(frames, ALL, ALL, true)
    expect(partsIn(frames.text)).toEqual(['b', 'text-end', 'finish', '[DONE]'])
    expect(frames).toMatchObject({ chunks: 2, ended: true, endedByGap: false })
    expect(frames.endReason).toBe('complete')
  })

  it('says nothing twice for a record that had to wait for room', () => {
    const log = emptyLog()
    append(log, 'a')
    const frames = framesOf(log)
    expect(frames.add(log.at(1)!, ALL, 10)).toBe(false)
    expect(refill(frames, ALL, 10, false)).toBe(false)
    expect(frames.isReady).toBe(true)
    refill(frames, ALL, ALL, true)
    expect(partsIn(frames.text)).toEqual(['start', 'text-start', 'a'])
  })

  it('merges what waited before it is framed', () => {
    const log = emptyLog()
    append(log, 'a', 'b', 'c')
    const frames = framesOf(log, { merge: mergeDelta })
    frames.fellBehind()
    refill(frames, ALL, ALL, true)
    expect(partsIn(frames.text)).toEqual(['start', 'text-start', 'abc'])
    expect(frames.position).toBe(3)
  })

  it('ends with an error where records were dropped, for a gap cannot be told', () => {
    const gap = vi.fn()
    const log = emptyLog(100)
    append(log, 'a')
    const frames = framesOf(log, { observer: { gap } })
    refill(frames, ALL, ALL, true)
    for (let seq = 2; seq <= 20; seq++) {
      append(log, 'dropped')
      log.passed(seq)
    }
    expect(log.firstSeq).toBeGreaterThan(2)
    refill(frames, ALL, ALL, true)
    expect(partsIn(frames.text)).toEqual(['text-end', 'error'])
    const to = log.firstSeq - 1
    expect(gap).toHaveBeenCalledExactlyOnceWith({ streamId: STREAM_ID, from: 2, to })
    expect(frames).toMatchObject({ ended: true, endedByGap: true, hasMore: false })
    expect(frames.endReason).toBe('overflow')
  })
})
