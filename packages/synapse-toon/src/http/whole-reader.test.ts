import { describe, expect, it, vi } from 'vitest'
import { FakeSink } from '../../test/fake-sink.ts'
import { listenToStrays, listenToWarnings } from '../../test/process-events.ts'
import { requestView } from '../../test/request-views.ts'
import { makeStream, type StreamKitOptions } from '../../test/stream-kit.ts'
import type { Source } from '../stream/source.ts'
import { createScriptedSource } from '../testing/scripted-source.ts'
import { decodePayload } from '../wire/decode-payload.ts'
import { WholeReader, type WholeReaderInput } from './whole-reader.ts'

/** A stream and a client that wants all of it at once, both started as a request does it. */
function readWhole(
  source: Source<unknown>,
  kit: StreamKitOptions = {},
  input: Partial<WholeReaderInput> & { sink?: FakeSink } = {},
) {
  const made = makeStream(source, kit)
  const { stream, log, clock } = made
  const { sink = new FakeSink() } = input
  const reader = new WholeReader({
    log,
    stream,
    request: requestView(),
    format: 'json',
    settings: stream.settings,
    now: () => clock.now(),
    startedAt: clock.now(),
    ...input,
    sink,
  })
  reader.start()
  if (!stream.ended) stream.start()
  return { ...made, reader, sink }
}

describe('WholeReader', () => {
  it('answers with the whole document once the stream has ended, and with nothing before', async () => {
    const { clock } = makeStream([])
    const scripted = createScriptedSource(
      [{ yield: { delta: 'a' } }, { delay: 500 }, { yield: { delta: 'b' } }],
      clock,
    )
    const { reader, sink, stream, wheel } = readWhole(scripted.source, { clock })
    await clock.advance(400)
    expect(sink.answered).toBeUndefined()
    await clock.advance(200)
    expect(sink.answered).toMatchObject({ status: 200 })
    expect(sink.answered!.headers).toContainEqual(['Content-Type', 'application/json'])
    expect(sink.answered!.headers).toContainEqual(['Cache-Control', 'no-store'])
    expect(JSON.parse(sink.answered!.body)).toEqual({
      streamId: stream.streamId,
      reason: 'complete',
      chunks: 2,
      payloads: [{ delta: 'a' }, { delta: 'b' }],
    })
    expect(await reader.done).toMatchObject({
      status: 200,
      streamId: stream.streamId,
      reason: 'complete',
      durationMs: 500,
    })
    expect(wheel.size).toBe(0)
  })

  it('answers in TOON where that was asked for', async () => {
    const { reader, sink } = readWhole([{ delta: 'a' }], {}, { format: 'toon' })
    await reader.done
    expect(sink.answered!.headers).toContainEqual(['Content-Type', 'application/x-synapse-toon'])
    expect(decodePayload(sink.answered!.body, 'toon')).toMatchObject({
      reason: 'complete',
      payloads: [{ delta: 'a' }],
    })
  })

  it('answers at once for a stream that has ended before', async () => {
    const { stream, log } = makeStream([1])
    stream.start()
    await stream.done
    const { reader, sink } = readWhole([], {}, { log, stream: undefined })
    expect(await reader.done).toMatchObject({ status: 200, reason: 'complete' })
    expect(JSON.parse(sink.answered!.body)).toMatchObject({ payloads: [1] })
  })

  it('answers a failure before the first payload as every early failure', async () => {
    const fail = () => {
      throw { status: 429, headers: { 'retry-after': '3' } }
    }
    const { reader, sink } = readWhole(fail)
    expect(await reader.done).toMatchObject({ status: 429, reason: 'source-error' })
    expect(sink.answered!.headers).toContainEqual(['Retry-After', '3'])
  })

  it('answers a failure in the middle with its status and what there is', async () => {
    const { source } = createScriptedSource([{ yield: 'a' }, { throw: new Error('sk-secret') }])
    const { reader, sink } = readWhole(source)
    expect(await reader.done).toMatchObject({ status: 500, reason: 'source-error' })
    expect(JSON.parse(sink.answered!.body)).toMatchObject({
      error: { message: 'Stream failed', retryable: false },
      payloads: ['a'],
    })
    expect(sink.answered!.body).not.toContain('sk-secret')
  })

  it('tells the observer, once, what it has told its caller', async () => {
    const disconnected = vi.fn()
    const { reader } = readWhole([1], { options: { observer: { disconnected } } })
    expect(disconnected).toHaveBeenCalledExactlyOnceWith(await reader.done)
  })

  it('refuses an answer that does not fit, and lets the source go', async () => {
    const scripted = createScriptedSource(() => Array(100).fill({ yield: '12345678' }))
    const { reader, sink, stream, wheel, clock } = readWhole(scripted.source, { maxBytes: 100 })
    expect(await reader.done).toMatchObject({ status: 500, reason: 'overflow' })
    expect(JSON.parse(sink.answered!.body)).toMatchObject({ code: 'ERR_SYNAPSE_TOO_LARGE' })
    expect(sink.answered!.body).toContain('larger than the 100 bytes')
    expect(stream.summary).toMatchObject({ reason: 'overflow' })
    await clock.advance(0)
    expect(scripted.pulled).toBe(10)
    expect(scripted.open).toBe(0)
    expect(wheel.size).toBe(0)
  })

  it('refuses a stream whose first records are gone', async () => {
    const { stream, log } = makeStream(Array(20).fill('12345678'), { maxBytes: 100 })
    stream.attach({ holdsBack: false })
    log.subscribe({ onAppend: () => stream.passed(log.lastSeq) })
    stream.start()
    await stream.done
    expect(log.firstSeq).toBeGreaterThan(1)
    const whileItRuns = readWhole([], {}, { log, stream })
    expect(await whileItRuns.reader.done).toMatchObject({ status: 500 })
    expect(whileItRuns.sink.answered!.body).toContain('larger than the 100 bytes that can be sent')
    const later = readWhole([], {}, { log, stream: undefined })
    expect(await later.reader.done).toMatchObject({ status: 500 })
    expect(later.sink.answered!.body).toContain('larger than what can be sent as one document')
  })

  it('ends as client-left when the client does not wait for it', async () => {
    const scripted = createScriptedSource([{ yield: 1 }, { hang: true }])
    const { reader, sink, stream, wheel, clock } = readWhole(scripted.source)
    await clock.advance(0)
    sink.close()
    expect(await reader.done).toMatchObject({ status: 0, reason: 'client-left' })
    expect(stream.summary).toMatchObject({ reason: 'client-left' })
    await clock.advance(0)
    expect(scripted.open).toBe(0)
    expect(wheel.size).toBe(0)
    expect(sink.answered).toBeUndefined()
  })

  it('ends at the start for a client that has gone already, and asks nothing of the source', async () => {
    const sink = new FakeSink()
    sink.closed = true
    const source = vi.fn(() => [1])
    const { reader, stream } = readWhole(source, {}, { sink })
    expect(await reader.done).toMatchObject({ status: 0, reason: 'client-left' })
    expect(stream.ended).toBe(true)
    expect(source).not.toHaveBeenCalled()
  })

  it('does no harm to the stream when the answer can not be sent', async () => {
    const warnings = listenToWarnings()
    const strays = listenToStrays()
    const sink = new FakeSink()
    sink.answer = () => {
      throw new Error('Cannot set headers after they are sent to the client')
    }
    const { reader, stream, wheel } = readWhole([1], {}, { sink })
    expect(await stream.done).toMatchObject({ reason: 'complete' })
    expect(await reader.done).toMatchObject({ reason: 'client-left' })
    expect(sink.destroyed).toBe(true)
    expect(wheel.size).toBe(0)
    expect(await warnings()).toEqual(['SYNAPSE_CONNECTION'])
    expect(await strays()).toEqual([])
  })
})
