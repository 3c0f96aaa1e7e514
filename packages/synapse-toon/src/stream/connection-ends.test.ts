import { describe, expect, it, vi } from 'vitest'
import { makeConnection, serveStream } from '../../test/connection-kit.ts'
import { FakeSink } from '../../test/fake-sink.ts'
import { listenToStrays, listenToWarnings } from '../../test/process-events.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createScriptedSource } from '../testing/scripted-source.ts'
import type { EndReason } from './end-reason.ts'

const fail = () => {
  throw new Error('upstream is down')
}

describe('a stream that fails before its first payload', () => {
  it('is an answer of its own, with its reason, and no stream', async () => {
    const { connection, sink, wheel } = serveStream(fail)
    expect(await connection.done).toMatchObject({
      status: 503,
      reason: 'source-error',
      chunks: 0,
      bytes: 0,
      ttfbMs: undefined,
    })
    expect(sink.answered).toEqual({ status: 503, headers: [], body: 'source-error' })
    expect(sink.committed).toBeUndefined()
    expect(sink.writes).toEqual([])
    expect(wheel.size).toBe(0)
  })

  it('is an error frame once commitAfter is over', async () => {
    const clock = createFakeClock()
    const { source } = createScriptedSource([{ delay: 4000 }, { throw: new Error('x') }], clock)
    const { connection, sink } = serveStream(source, { clock, options: { commitAfter: 3000 } })
    await clock.advance(5000)
    expect(sink.answered).toBeUndefined()
    expect(sink.events).toMatchObject([{ event: 'error' }])
    expect(await connection.done).toMatchObject({ status: 200, reason: 'source-error' })
  })

  it('is an error frame for a client that came to it later', async () => {
    const { connection, sink, end } = makeConnection({ isFirst: false })
    end('error', { code: 'source-error', message: 'Stream failed', retryable: false })
    connection.start()
    expect(await connection.done).toMatchObject({ status: 200, reason: 'source-error' })
    expect(sink.events).toMatchObject([{ event: 'error' }])
  })

  it.each<[EndReason, string]>([
    ['cancelled', 'done'],
    ['complete', 'done'],
  ])('is no failure when it was %s: that is a stream with nothing in it', async (reason, event) => {
    const { connection, sink, stream } = serveStream(
      reason === 'complete' ? [] : () => new Promise(() => {}),
    )
    if (reason === 'cancelled') stream.end('cancelled')
    expect(await connection.done).toMatchObject({ status: 200, reason, chunks: 0 })
    expect(sink.events.map((each) => each.event)).toEqual([event])
  })

  it('after its first payload is an error frame', async () => {
    const { source } = createScriptedSource([{ yield: 1 }, { throw: new Error('x') }])
    const { connection, sink } = serveStream(source)
    expect(await connection.done).toMatchObject({ status: 200, reason: 'source-error', chunks: 1 })
    expect(sink.events.map(({ event }) => event)).toEqual(['update', 'error'])
  })

  it('cuts the line, and warns, when not even an answer can be made of it', async () => {
    const warnings = listenToWarnings()
    const strays = listenToStrays()
    const { connection, sink, wheel } = serveStream(fail, { earlyAnswer: fail })
    expect(await connection.done).toMatchObject({ status: 0 })
    expect(sink.destroyed).toBe(true)
    expect(wheel.size).toBe(0)
    expect(await warnings()).toEqual(['SYNAPSE_CONNECTION'])
    expect(await strays()).toEqual([])
  })
})

describe('the end of a connection', () => {
  it('is as that of the stream once the network has taken the terminal frame', async () => {
    const sink = new FakeSink({ takesAll: false })
    const settled = vi.fn()
    const { connection, clock, wheel, append, end } = makeConnection({ sink })
    void connection.done.then(settled)
    connection.start()
    append('a')
    end()
    await clock.advance(5000)
    expect(sink.ended).toBe(true)
    expect(settled).not.toHaveBeenCalled()
    sink.take()
    expect(await connection.done).toMatchObject({ reason: 'complete', status: 200, chunks: 1 })
    expect(wheel.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('is client-left when the line closes before that', async () => {
    const sink = new FakeSink({ takesAll: false })
    const { connection, clock, wheel, append, end } = makeConnection({ sink })
    connection.start()
    append('a')
    end()
    await clock.advance(0)
    sink.close(false)
    expect(await connection.done).toMatchObject({ reason: 'client-left' })
    expect(wheel.size).toBe(0)
  })

  it('is client-left too when someone else has ended the response', async () => {
    const { connection, sink, clock, append } = makeConnection()
    connection.start()
    append('a')
    await clock.advance(0)
    sink.close(true)
    expect(await connection.done).toMatchObject({ reason: 'client-left' })
  })

  it.each([
    ['before the commit', false],
    ['after the commit', true],
  ])('%s lets go of the log and of all timers', async (_when, commits) => {
    const { connection, sink, clock, append, wheel, log } = makeConnection()
    let subscriptions = 0
    const subscribe = log.subscribe.bind(log)
    log.subscribe = (subscriber) => {
      subscriptions++
      const unsubscribe = subscribe(subscriber)
      return () => {
        subscriptions--
        unsubscribe()
      }
    }
    connection.start()
    expect(subscriptions).toBe(1)
    if (commits) append('a')
    await clock.advance(0)
    expect(wheel.size).toBeGreaterThan(0)
    sink.close()
    expect(await connection.done).toMatchObject({ status: commits ? 200 : 0 })
    expect(wheel.size).toBe(0)
    expect(subscriptions).toBe(0)
    const { length } = sink.writes
    log.append({ seq: log.lastSeq + 1, event: 'update', json: '"late"' })
    await clock.advance(60_000)
    expect(sink.writes).toHaveLength(length)
    expect(sink.committed !== undefined).toBe(commits)
  })

  it('comes at the start for a client that has gone already, and the stream is told', async () => {
    const sink = new FakeSink()
    sink.closed = true
    const source = vi.fn(() => ['a'])
    const { connection, stream, wheel } = serveStream(source, { sink })
    expect(await connection.done).toMatchObject({ status: 0, reason: 'client-left', chunks: 0 })
    expect(stream.summary).toMatchObject({ reason: 'client-left' })
    expect(source).not.toHaveBeenCalled()
    expect(wheel.size).toBe(0)
  })

  it('cancels the source at once when the only client leaves before the first token', async () => {
    const scripted = createScriptedSource([{ hang: true }])
    const { sink, clock, stream, wheel } = serveStream(scripted.source)
    await clock.advance(1000)
    sink.close()
    expect(stream.summary).toMatchObject({ reason: 'client-left' })
    expect(scripted.signalReason).toMatchObject({ message: 'Client disconnected' })
    await clock.advance(0)
    expect(scripted.open).toBe(0)
    expect(wheel.size).toBe(0)
  })

  it('leaves a stream running that was announced to the client, for it to come back', async () => {
    const scripted = createScriptedSource([{ yield: 'a' }, { hang: true }])
    const { sink, clock, stream, wheel } = serveStream(scripted.source)
    await clock.advance(0)
    sink.close()
    await clock.advance(29_000)
    expect(stream.ended).toBe(false)
    stream.end('cancelled')
    expect(wheel.size).toBe(0)
  })

  it('is told once, however often the line says that it is closed', async () => {
    const disconnected = vi.fn()
    const { connection, sink, clock, append, end } = makeConnection({
      options: { observer: { disconnected } },
    })
    connection.start()
    append('a')
    end()
    await clock.advance(0)
    sink.close(true)
    sink.close(false)
    sink.destroy()
    await connection.done
    expect(disconnected).toHaveBeenCalledOnce()
  })

  it('comes with a warning when the sink throws at a write, and the line is cut', async () => {
    const warnings = listenToWarnings()
    const { connection, sink, append, wheel } = makeConnection()
    sink.write = fail
    connection.start()
    append('a')
    expect(await connection.done).toMatchObject({ reason: 'client-left' })
    expect(sink.destroyed).toBe(true)
    expect(wheel.size).toBe(0)
    expect(await warnings()).toEqual(['SYNAPSE_CONNECTION'])
  })

  it.each([
    ['at the start', 0],
    ['by commitAfter', 1000],
    ['with the first payload', 5000],
  ])(
    'comes with a warning when someone else has sent a status before the commit %s, and harms nobody',
    async (_when, commitAfter) => {
      const warnings = listenToWarnings()
      const { connection, sink, clock, wheel, append } = makeConnection({
        options: { commitAfter },
      })
      sink.commit = () => {
        throw new Error('Cannot set headers after they are sent to the client')
      }
      const other = vi.fn()
      connection.start()
      wheel.set(1000, other)
      await clock.advance(2000)
      append('a')
      await clock.advance(0)
      expect(await connection.done).toMatchObject({ reason: 'client-left' })
      expect(sink.destroyed).toBe(true)
      expect(sink.writes).toEqual([])
      expect(other).toHaveBeenCalledOnce()
      expect(wheel.size).toBe(0)
      expect(await warnings()).toEqual(['SYNAPSE_CONNECTION'])
    },
  )
})
