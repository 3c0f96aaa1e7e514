import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refill } from '../../test/connection-kit.ts'
import { TailLog } from '../../test/tail-log.ts'
import { END_SEQ } from '../wire/event-id.ts'
import { createEventStreamParser, type ParsedEvent } from '../wire/parser.ts'
import { FrameSource, type FrameSourceInput } from './frame-source.ts'
import { mergeDelta } from './merge.ts'

function logOf(count: number, ended = true): TailLog {
  const log = new TailLog()
  for (let seq = 1; seq <= count; seq++) append(log)
  if (ended) finish(log)
  return log
}

function append(log: TailLog): void {
  const seq = log.lastSeq + 1
  log.append({ seq, event: 'update', json: JSON.stringify({ delta: `${seq},` }) })
}

function finish(log: TailLog, data: object = { reason: 'complete', chunks: log.lastSeq }): void {
  const event = 'reason' in data ? 'done' : 'error'
  log.append({ seq: log.lastSeq + 1, event, json: JSON.stringify(data) })
}

const framesOf = (log: TailLog, input: Partial<FrameSourceInput> = {}) =>
  new FrameSource({
    log,
    encoding: 'json',
    after: 0,
    merge: undefined,
    observer: undefined,
    ...input,
  })

/** Everything that can be framed now, as a client sees it, with all loads that it takes. */
async function readAll(frames: FrameSource): Promise<ParsedEvent[]> {
  const events: ParsedEvent[] = []
  const parser = createEventStreamParser({ onEvent: (event) => events.push(event) })
  for (;;) {
    while (refill(frames, 10_000, 10_000, true)) parser.feed(Buffer.from(frames.text))
    if (!frames.needsLoad) return events
    await frames.load()
  }
}

const seqOf = ({ lastEventId }: ParsedEvent) => Number.parseInt(lastEventId.slice(-12), 16)
const names = (events: readonly ParsedEvent[]) =>
  events.map((event) => `${event.event}:${seqOf(event)}`)

describe('a FrameSource whose records are not all in memory', () => {
  it('is not ready, but needs a load', async () => {
    const frames = framesOf(logOf(10))
    expect(frames).toMatchObject({ hasMore: true, isReady: false, needsLoad: true })
    expect(refill(frames, 1000, 1000, true)).toBe(false)
    await frames.load()
    expect(frames).toMatchObject({ hasMore: true, isReady: true, needsLoad: false })
  })

  it('loads a page, then the next, and goes on from memory', async () => {
    const log = logOf(10, false)
    const frames = framesOf(log)
    expect((await readAll(frames)).map(seqOf)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(log.loads).toEqual([1, 4, 7])
    expect(frames).toMatchObject({ hasMore: false, needsLoad: false, ended: false })
    append(log)
    finish(log)
    expect(names(await readAll(frames))).toEqual(['update:11', 'done:12'])
    expect(log.loads).toEqual([1, 4, 7])
    expect(frames).toMatchObject({ ended: true, endReason: 'complete' })
  })

  it('says what the store has lost as a gap, at the start, in the middle and up to the end', async () => {
    const log = logOf(12)
    for (const seq of [1, 2, 5, 6, 9, 10, 11]) log.lost.add(seq)
    const events = await readAll(framesOf(log))
    expect(names(events)).toEqual([
      'gap:2',
      'update:3',
      'update:4',
      'gap:6',
      'update:7',
      'update:8',
      'gap:11',
      'update:12',
      'done:13',
    ])
    expect(JSON.parse(events[3]!.data)).toEqual({ from: 5, to: 6 })
  })

  it('comes to the end over a gap when nothing is left to load', async () => {
    const log = logOf(6)
    log.held = 1
    for (let seq = 1; seq <= 7; seq++) log.lost.add(seq)
    expect(names(await readAll(framesOf(log, { after: 2 })))).toEqual(['gap:6', 'done:7'])
  })

  it('fails where the store does, and can try again', async () => {
    const log = logOf(6)
    const frames = framesOf(log)
    log.away = new Error('disk is away')
    await expect(frames.load()).rejects.toThrow('disk is away')
    log.away = undefined
    expect((await readAll(frames)).map(seqOf)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('merges what waited within a page and into memory', async () => {
    const log = logOf(6)
    log.pageSize = 10
    const frames = framesOf(log, { merge: mergeDelta })
    frames.fellBehind()
    const [all, end] = await readAll(frames)
    expect(JSON.parse(all!.data)).toEqual({ delta: '1,2,3,4,5,6,' })
    expect(names([all!, end!])).toEqual(['update:6', 'done:7'])
  })

  it('gives every record once and in order, wherever the client is and whatever is held', async () => {
    const shape = fc.record({
      count: fc.integer({ min: 0, max: 40 }),
      after: fc.nat(),
      held: fc.integer({ min: 1, max: 12 }),
      pageSize: fc.integer({ min: 1, max: 12 }),
    })
    await fc.assert(
      fc.asyncProperty(shape, async ({ count, after, held, pageSize }) => {
        const log = Object.assign(logOf(count), { held, pageSize })
        const from = after % (count + 1)
        const seqs = (await readAll(framesOf(log, { after: from }))).map(seqOf)
        expect(seqs).toEqual(Array.from({ length: count + 1 - from }, (_, n) => from + n + 1))
      }),
    )
  })
})

describe('a client that knows more than a log that lost its producer', () => {
  it.each([4, 5, 99])('gets the end all the same, at position %s', async (after) => {
    const log = logOf(3, false)
    const frames = framesOf(log, { after })
    expect(frames).toMatchObject({ hasMore: false, needsLoad: false })
    finish(log, { code: 'producer-lost', message: 'gone', retryable: true })
    expect(names(await readAll(frames))).toEqual([`error:${END_SEQ}`])
    expect(frames).toMatchObject({ ended: true, endReason: 'producer-lost' })
  })
})
