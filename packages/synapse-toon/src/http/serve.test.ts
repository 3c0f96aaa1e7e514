import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeSink } from '../../test/fake-sink.ts'
import { listenToStrays, listenToWarnings } from '../../test/process-events.ts'
import { requestView } from '../../test/request-views.ts'
import type { StreamLog } from '../log/log.ts'
import { createMemoryLog } from '../log/memory.ts'
import { Runtime } from '../runtime.ts'
import { resolveOptions } from '../stream/resolve-options.ts'
import type { StreamOptions } from '../stream/settings.ts'
import type { Source } from '../stream/source.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { formatEventId } from '../wire/event-id.ts'
import type { RequestView } from './request-view.ts'
import type { StreamRef } from './route.ts'
import { serve } from './serve.ts'

const clock = createFakeClock()
let log: StreamLog
let runtime: Runtime

beforeEach(() => {
  log = createMemoryLog({ clock })
  runtime = new Runtime({ log, clock })
})

function request(
  target: Source<unknown> | StreamRef,
  { sink = new FakeSink(), view = requestView(), options = {} as StreamOptions } = {},
) {
  const settings = resolveOptions(options)
  const input = { runtime, target, transform: undefined, settings, request: view, sink }
  return { sink, done: serve(input) }
}

/** A source that is open already and tells when it is let go. */
function openSource() {
  const cancelled = vi.fn()
  return { source: new ReadableStream<unknown>({ cancel: cancelled }), cancelled }
}

const refused: [string, RequestView, number][] = [
  ['nothing we have', requestView({ accept: 'text/html' }), 406],
  ['an encoding we do not have', requestView({}, { encoding: 'gzip' }), 400],
  [
    'a stream that is gone',
    requestView({ 'last-event-id': formatEventId('5f0c7a52-91d3-8e14-b0a6', 1) }),
    410,
  ],
  ['a malformed position', requestView({ 'last-event-id': '42' }), 400],
]

describe('serve', () => {
  it('streams a source and settles with the summary of the connection', async () => {
    const { sink, done } = request([{ delta: 'a' }])
    expect(await done).toMatchObject({ status: 200, reason: 'complete', chunks: 1 })
    expect(sink.events.map(({ event }) => event)).toEqual(['update', 'done'])
    expect(sink.committed).toContainEqual(['Content-Type', 'text/event-stream'])
    expect(runtime.running.size).toBe(0)
    expect(runtime.wheel.size).toBe(0)
  })

  it.each(refused)(
    'refuses a request for %s, and lets an open source go',
    async (_what, view, status) => {
      const disconnected = vi.fn()
      const { source, cancelled } = openSource()
      const { sink, done } = request(source, { view, options: { observer: { disconnected } } })
      const summary = await done
      expect(summary).toMatchObject({ status, streamId: undefined, reason: undefined })
      expect(disconnected).toHaveBeenCalledExactlyOnceWith(summary)
      expect(sink.answered).toMatchObject({ status })
      expect(cancelled).toHaveBeenCalledOnce()
      expect(runtime.running.size).toBe(0)
    },
  )

  it('does not start a second source for a client that comes back, and lets it go', async () => {
    const first = request([1, 2])
    await first.done
    const second = openSource()
    const view = requestView({ 'last-event-id': first.sink.events[0]!.id! })
    const { sink, done } = request(second.source, { view })
    expect(await done).toMatchObject({ status: 200, resumedAfter: 1, chunks: 1 })
    expect(sink.payloads).toEqual([2])
    expect(second.cancelled).toHaveBeenCalledOnce()
  })

  it('answers 204 to a client that has the terminal event, and lets the source go', async () => {
    const first = request([1])
    await first.done
    const { source, cancelled } = openSource()
    const view = requestView({ 'last-event-id': first.sink.events.at(-1)!.id! })
    const { sink, done } = request(source, { view })
    expect(await done).toMatchObject({ status: 204 })
    expect(sink.answered).toMatchObject({ status: 204, body: '' })
    expect(cancelled).toHaveBeenCalledOnce()
  })

  it('lets an open source go whose client left before it was asked', async () => {
    const sink = new FakeSink()
    sink.closed = true
    const { source, cancelled } = openSource()
    expect(await request(source, { sink }).done).toMatchObject({ reason: 'client-left' })
    expect(cancelled).toHaveBeenCalledOnce()
    expect(runtime.running.size).toBe(0)
    expect(runtime.wheel.size).toBe(0)
  })

  it('answers 500, and warns, when the log fails; nothing of the failure is told', async () => {
    const warnings = listenToWarnings()
    log.create = () => {
      throw new Error('redis://user:secret@host is down')
    }
    const { source, cancelled } = openSource()
    const { sink, done } = request(source)
    expect(await done).toMatchObject({ status: 500 })
    expect(sink.answered!.body).toBe('{"error":"Stream failed"}')
    expect(cancelled).toHaveBeenCalledOnce()
    expect(await warnings()).toEqual(['SYNAPSE_REQUEST'])
  })

  it('never rejects, and cuts the line, when not even a refusal can be sent', async () => {
    const warnings = listenToWarnings()
    const strays = listenToStrays()
    const sink = new FakeSink()
    sink.answer = () => {
      throw new Error('Cannot set headers after they are sent to the client')
    }
    const view = requestView({ accept: 'text/html' })
    expect(await request([], { sink, view }).done).toMatchObject({ status: 0 })
    expect(sink.destroyed).toBe(true)
    expect(await warnings()).toEqual(['SYNAPSE_CONNECTION'])
    expect(await strays()).toEqual([])
  })

  it('never rejects, and lets the source go, when streamUrl throws', async () => {
    const warnings = listenToWarnings()
    const { source, cancelled } = openSource()
    const options: StreamOptions = {
      streamUrl: () => {
        throw new Error('bug')
      },
    }
    expect(await request(source, { options }).done).toMatchObject({ status: 500 })
    expect(cancelled).toHaveBeenCalledOnce()
    expect(runtime.running.size).toBe(0)
    expect(await warnings()).toEqual(['SYNAPSE_REQUEST'])
  })
})
