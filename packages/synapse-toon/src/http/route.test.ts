import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryLog } from '../log/memory.ts'
import { Runtime } from '../runtime.ts'
import { resolveOptions } from '../stream/resolve-options.ts'
import type { StreamOptions } from '../stream/settings.ts'
import type { Source } from '../stream/source.ts'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { END_SEQ, formatEventId } from '../wire/event-id.ts'
import type { Ask } from './ask.ts'
import { findRoute, type NothingMore, type Route, type StreamRef } from './route.ts'

const UNKNOWN = '5f0c7a52-91d3-8e14-b0a6'
const NOTHING_MORE: NothingMore = { reason: 'complete' }

let clock: FakeClock
let runtime: Runtime
const source = vi.fn(() => new ReadableStream<unknown>({}))

beforeEach(() => {
  clock = createFakeClock()
  runtime = new Runtime({ log: createMemoryLog({ clock, keepFor: 1000 }), clock })
  source.mockClear()
})

interface Asked {
  readonly target?: Source<unknown> | StreamRef
  readonly lastEventId?: string
  readonly format?: Ask['format']
  readonly options?: StreamOptions
}

async function find({ target = source, lastEventId, format = 'stream', options }: Asked = {}) {
  const settings = resolveOptions(options)
  const ask: Ask = { format, encoding: 'json', lastEventId }
  return findRoute({ runtime, target: target as never, transform: undefined, settings }, ask)
}

/** A stream with three records that runs, or has ended as well, found by a request before. */
async function stored({ ended = false, ...asked }: Asked & { ended?: boolean } = {}) {
  const { stream } = (await find({ target: [1, 2, 3], ...asked })) as Route
  for (let seq = 1; seq <= 3; seq++) stream!.log.append({ seq, event: 'update', json: `${seq}` })
  if (ended) stream!.end('complete')
  await clock.advance(0)
  const { streamId, log } = stream!
  return { stream: stream!, log, streamId, idAt: (seq: number) => formatEventId(streamId, seq) }
}

const refused = (status: number, code: string) => expect.objectContaining({ status, code })
const gone = refused(410, 'ERR_SYNAPSE_STREAM_GONE')
const notFound = refused(404, 'ERR_SYNAPSE_STREAM_NOT_FOUND')
const wrongPosition = refused(400, 'ERR_SYNAPSE_WRONG_POSITION')
const malformed = expect.objectContaining({ code: 'ERR_SYNAPSE_INVALID_EVENT_ID' })

describe('a request without a last event id', () => {
  it('begins a new stream, whose source is not yet asked', async () => {
    const route = (await find({ options: { principal: 'user-1' } })) as Route
    expect(route).toMatchObject({ after: 0, isFirst: true })
    expect(route.stream).toMatchObject({ principal: 'user-1', ended: false })
    expect(route.log.streamId).toBe(route.stream!.streamId)
    expect(runtime.running.get(route.log.streamId)).toBe(route.stream)
    expect(source).not.toHaveBeenCalled()
  })

  it('keeps all records of a stream that can be resumed, or is read as a whole', async () => {
    const bytes = async (asked: Asked) => ((await find(asked)) as Route).stream!.log.maxBytes
    expect(await bytes({})).toBe(8 * 1024 * 1024)
    expect(await bytes({ options: { resume: false }, format: 'json' })).toBe(8 * 1024 * 1024)
    expect(await bytes({ options: { resume: false } })).toBe(131_072)
  })

  it('is refused with 503 while the server shuts down', async () => {
    runtime.closing = true
    await expect(find()).rejects.toThrow(
      expect.objectContaining({ status: 503, code: 'ERR_SYNAPSE_SHUTDOWN', retryAfter: 5 }),
    )
    expect(runtime.running.size).toBe(0)
  })
})

describe('a request with a last event id', () => {
  it('goes on behind it in a stream that runs', async () => {
    const { stream, idAt } = await stored()
    const route = await find({ lastEventId: idAt(2) })
    expect(route).toEqual({ log: stream.log, stream, after: 2, isFirst: false })
    expect(source).not.toHaveBeenCalled()
    expect(await find({ lastEventId: idAt(3) })).toMatchObject({ after: 3 })
    expect(await find({ lastEventId: idAt(1).toUpperCase() })).toMatchObject({ after: 1 })
  })

  it('goes on behind it in a stream that has ended', async () => {
    const { log, idAt } = await stored({ ended: true })
    expect(await find({ lastEventId: idAt(3) })).toEqual({
      log,
      stream: undefined,
      after: 3,
      isFirst: false,
    })
  })

  it('has nothing more to get behind the terminal event', async () => {
    const { idAt } = await stored({ ended: true })
    expect(await find({ lastEventId: idAt(4) })).toEqual(NOTHING_MORE)
  })

  it('gets the end of a stream whose producer is lost, whatever it has, until it has that very end', async () => {
    const { stream, log, idAt } = await stored()
    stream.end('producer-lost')
    for (const seq of [3, 4, 5, 99]) {
      expect(await find({ lastEventId: idAt(seq) })).toMatchObject({ log, after: seq })
    }
    expect(await find({ lastEventId: idAt(END_SEQ) })).toEqual({ reason: 'producer-lost' })
  })

  it('cannot have had that end of a stream that runs, or has ended otherwise', async () => {
    for (const ended of [false, true]) {
      const { idAt } = await stored({ ended })
      await expect(find({ lastEventId: idAt(END_SEQ) })).rejects.toMatchObject({ status: 400 })
    }
  })

  it.each(['42', 'abc', '-1', `${UNKNOWN}-000000000000`, `${UNKNOWN}-00000000000g`, UNKNOWN])(
    'is refused when it is %s, which is no id of ours',
    async (lastEventId) => {
      await expect(find({ lastEventId })).rejects.toThrow(malformed)
    },
  )

  it('is refused with 400 for a position that was never sent', async () => {
    const { idAt } = await stored()
    await expect(find({ lastEventId: idAt(4) })).rejects.toThrow(wrongPosition)
    await expect(find({ lastEventId: idAt(2 ** 48 - 1) })).rejects.toThrow('(up to position 3)')
  })

  it('is refused with 410 for a stream that is unknown, and never begins a second run', async () => {
    await expect(find({ lastEventId: formatEventId(UNKNOWN, 1) })).rejects.toThrow(gone)
    expect(source).not.toHaveBeenCalled()
    expect(runtime.running.size).toBe(0)
  })

  it('is refused with 410 for a stream that has expired', async () => {
    const { idAt } = await stored({ ended: true })
    await clock.advance(1000)
    await expect(find({ lastEventId: idAt(2) })).rejects.toThrow(gone)
  })

  it.each<[string, string | undefined, string | undefined]>([
    ['of another principal', 'user-1', 'user-2'],
    ['of a principal, to a request without one', 'user-1', undefined],
    ['of nobody, to a request with a principal', undefined, 'user-1'],
  ])('is refused with 404 for a stream %s', async (_whose, owner, asking) => {
    const { idAt } = await stored({ options: { principal: owner } })
    const asked = { options: { principal: asking } }
    await expect(find({ ...asked, lastEventId: idAt(2) })).rejects.toThrow(notFound)
    // Nothing is told of its positions either.
    await expect(find({ ...asked, lastEventId: idAt(99) })).rejects.toThrow(notFound)
  })

  it('is served its own stream', async () => {
    const { idAt } = await stored({ options: { principal: 'user-1' } })
    const options = { principal: 'user-1' }
    expect(await find({ options, lastEventId: idAt(2) })).toMatchObject({ after: 2 })
  })

  it('is served while the server shuts down', async () => {
    const { idAt } = await stored()
    runtime.closing = true
    expect(await find({ lastEventId: idAt(2) })).toMatchObject({ after: 2, isFirst: false })
  })
})

describe('a request for a stream that was started before', () => {
  it('reads it from its start, or from where the client was', async () => {
    const { stream, streamId, idAt } = await stored()
    const target = { streamId }
    expect(await find({ target })).toEqual({ log: stream.log, stream, after: 0, isFirst: false })
    expect(await find({ target, lastEventId: idAt(2) })).toMatchObject({ after: 2 })
  })

  it('has nothing more to get behind its terminal event', async () => {
    const { streamId, idAt } = await stored({ ended: true })
    expect(await find({ target: { streamId }, lastEventId: idAt(4) })).toEqual(NOTHING_MORE)
    expect(await find({ target: { streamId } })).toMatchObject({ after: 0 })
  })

  it('is refused with 400 when the last event id is of another stream', async () => {
    const { streamId } = await stored()
    const lastEventId = formatEventId(UNKNOWN, 1)
    await expect(find({ target: { streamId }, lastEventId })).rejects.toThrow(wrongPosition)
    await expect(find({ target: { streamId }, lastEventId })).rejects.toThrow(
      `Last-Event-ID must be of stream ${streamId}, got one of ${UNKNOWN}`,
    )
    await expect(find({ target: { streamId }, lastEventId: 'x' })).rejects.toThrow(malformed)
  })

  it.each([UNKNOWN, 'not-an-id', '', '../../etc/passwd'])(
    'is refused with 410 for %j, which is unknown',
    async (streamId) => {
      await expect(find({ target: { streamId } })).rejects.toThrow(gone)
    },
  )

  it('is refused with 404 for that of another principal', async () => {
    const { streamId } = await stored({ options: { principal: 'user-1' } })
    await expect(find({ target: { streamId } })).rejects.toThrow(notFound)
  })

  it('is served while the server shuts down, and with resume off', async () => {
    const { streamId, idAt } = await stored()
    runtime.closing = true
    const options = { resume: false }
    expect(await find({ target: { streamId }, options })).toMatchObject({ after: 0 })
    expect(await find({ target: { streamId }, options, lastEventId: idAt(1) })).toMatchObject({
      after: 1,
    })
  })
})

describe('a request with a last event id where resume is off', () => {
  const options = { resume: false }
  const begins = async (lastEventId: string) => {
    const route = (await find({ options, lastEventId })) as Route
    expect(route).toMatchObject({ after: 0, isFirst: true })
    route.stream!.start()
    await clock.advance(0)
    expect(source).toHaveBeenCalledOnce()
    return source.mock.calls[0] as unknown as [{ lastEventId: string }]
  }

  it('hands the id to the source function, be it one of ours or of the source itself', async () => {
    const [context] = await begins('their-own-id')
    expect(context.lastEventId).toBe('their-own-id')
  })

  it('begins anew behind an id of ours that is unknown', async () => {
    await begins(formatEventId(UNKNOWN, 3))
  })

  it('begins anew behind an id of a stream that still runs', async () => {
    const { idAt } = await stored({ options })
    await begins(idAt(2))
  })

  it('still has nothing more to get behind the terminal event: an EventSource must stop', async () => {
    const { idAt } = await stored({ options, ended: true })
    expect(await find({ options, lastEventId: idAt(4) })).toEqual(NOTHING_MORE)
  })

  it('is refused while the server shuts down', async () => {
    runtime.closing = true
    await expect(find({ options, lastEventId: 'x' })).rejects.toThrow(
      refused(503, 'ERR_SYNAPSE_SHUTDOWN'),
    )
  })
})
