import { describe, expect, it, vi } from 'vitest'
import { emptyLog, makeConnection, serveStream } from '../../test/connection-kit.ts'
import { FakeSink } from '../../test/fake-sink.ts'
import { createScriptedSource } from '../testing/scripted-source.ts'
import { nextTurn } from '../time/turn.ts'
import { HEARTBEAT } from '../wire/frame.ts'
import type { Observer } from './observer.ts'

const SLOT_MS = 25

describe('the commit of a connection', () => {
  it('waits for the first payload', async () => {
    const { connection, sink, clock, append } = makeConnection()
    connection.start()
    await clock.advance(9000)
    expect(sink.committed).toBeUndefined()
    append({ delta: 'a' })
    await nextTurn()
    expect(sink.committed).toEqual([['X-Test', 'yes']])
    expect(sink.payloads).toEqual([{ delta: 'a' }])
  })

  it('comes after commitAfter without a payload, with a heartbeat behind it', async () => {
    const { connection, sink, clock } = makeConnection({ options: { commitAfter: 3000 } })
    connection.start()
    await clock.advance(2999)
    expect(sink.committed).toBeUndefined()
    await clock.advance(1 + SLOT_MS)
    expect(sink.committed).toBeDefined()
    expect(sink.writes).toEqual([HEARTBEAT])
  })

  it('comes at once with commitAfter 0', () => {
    const { connection, sink } = makeConnection({ options: { commitAfter: 0 } })
    connection.start()
    expect(sink.committed).toBeDefined()
    expect(sink.writes).toEqual([])
  })

  it('comes at once for a request that did not begin the stream', () => {
    const { connection, sink } = makeConnection({ isFirst: false })
    connection.start()
    expect(sink.committed).toBeDefined()
  })

  it('comes once, and is told to the observer with its time', async () => {
    const committed = vi.fn()
    const { connection, clock, append, log } = makeConnection({
      options: { observer: { committed }, commitAfter: 1000 },
    })
    connection.start()
    await clock.advance(600)
    append(1)
    await clock.advance(60_000)
    append(2)
    await clock.advance(0)
    expect(committed).toHaveBeenCalledExactlyOnceWith({ streamId: log.streamId, elapsedMs: 600 })
  })
})

describe('the heartbeat of a connection', () => {
  const beats = (sink: FakeSink) => sink.writes.filter((text) => text === HEARTBEAT).length

  it('is sent on a line that is quiet for 15 seconds, again and again', async () => {
    const { connection, sink, clock } = makeConnection({ isFirst: false })
    connection.start()
    await clock.advance(14_999)
    expect(beats(sink)).toBe(0)
    await clock.advance(1 + SLOT_MS)
    expect(beats(sink)).toBe(1)
    await clock.advance(3 * (15_000 + SLOT_MS))
    expect(beats(sink)).toBe(4)
  })

  it('is put off by every payload', async () => {
    const { connection, sink, clock, append } = makeConnection({
      isFirst: false,
      options: { heartbeat: 1000 },
    })
    connection.start()
    for (let n = 0; n < 20; n++) {
      await clock.advance(900)
      append(n)
    }
    await clock.advance(900)
    expect(sink.payloads).toHaveLength(20)
    expect(beats(sink)).toBe(0)
    // Its time begins with the next look at the wheel, and ends with one.
    await clock.advance(100 + 2 * SLOT_MS)
    expect(beats(sink)).toBe(1)
  })

  it('is not sent before the commit, nor after the end', async () => {
    const { connection, sink, clock, append, end } = makeConnection({
      options: { heartbeat: 1000, commitAfter: 5000 },
    })
    connection.start()
    await clock.advance(4900)
    expect(beats(sink)).toBe(0)
    append(1)
    end()
    await clock.advance(60_000)
    expect(beats(sink)).toBe(0)
  })

  it('of 0 is switched off', async () => {
    const { connection, sink, clock, wheel } = makeConnection({
      isFirst: false,
      options: { heartbeat: 0 },
    })
    connection.start()
    await clock.advance(600_000)
    expect(sink.writes).toEqual([])
    expect(wheel.size).toBe(0)
  })

  it('is not sent on a line that is blocked, and is sent again once it has drained', async () => {
    const sink = new FakeSink({ takesAll: false, highWaterMark: 10 })
    const { connection, clock, append } = makeConnection({
      isFirst: false,
      sink,
      options: { heartbeat: 1000, deadlines: { stall: 0 } },
    })
    connection.start()
    append('x')
    await clock.advance(10_000)
    expect(beats(sink)).toBe(0)
    sink.take()
    await clock.advance(1000 + SLOT_MS)
    expect(beats(sink)).toBe(1)
  })

  it('is not sent on a line that has not taken all yet: those bytes keep it open', async () => {
    const sink = new FakeSink({ takesAll: false })
    const { connection, clock, append } = makeConnection({
      isFirst: false,
      sink,
      options: { heartbeat: 1000 },
    })
    connection.start()
    append('x')
    await clock.advance(20_000)
    expect(beats(sink)).toBe(0)
  })
})

describe('the delivery of a connection', () => {
  it('writes the first payload at the end of the turn, and not before', async () => {
    const { connection, sink, append } = makeConnection()
    connection.start()
    await nextTurn()
    append({ delta: 'a' })
    expect(sink.writes).toEqual([])
    await null
    append({ delta: 'b' })
    await nextTurn()
    expect(sink.writes).toHaveLength(1)
    expect(sink.payloads).toEqual([{ delta: 'a' }, { delta: 'b' }])
  })

  it('never holds a lone token back', async () => {
    const { connection, sink, append } = makeConnection()
    connection.start()
    for (let n = 1; n <= 50; n++) {
      append(n)
      await nextTurn()
      expect(sink.writes).toHaveLength(n)
    }
  })

  it('begins behind the position that the client has', async () => {
    const resumed = vi.fn()
    const { connection, sink, append, log } = makeConnection({
      after: 2,
      isFirst: false,
      options: { observer: { resumed } },
    })
    append('a', 'b', 'c')
    connection.start()
    await nextTurn()
    append('d')
    await nextTurn()
    expect(sink.payloads).toEqual(['c', 'd'])
    expect(resumed).toHaveBeenCalledExactlyOnceWith({ streamId: log.streamId, after: 2 })
  })

  it('tells of a gap where the log has dropped what the client has not read', async () => {
    const gap = vi.fn()
    const log = emptyLog(30)
    const { connection, sink, append, clock } = makeConnection({
      log,
      isFirst: false,
      after: 1,
      options: { observer: { gap } },
    })
    for (let n = 1; n <= 6; n++) {
      append('12345678')
      log.passed(n)
    }
    connection.start()
    await clock.advance(0)
    expect(gap).toHaveBeenCalledExactlyOnceWith({ streamId: log.streamId, from: 2, to: 3 })
    expect(sink.events.map(({ event }) => event)).toEqual(['gap', 'update', 'update', 'update'])
  })

  it('is the same path for a producer: all that it yields in a turn is one write', async () => {
    const { connection, sink } = serveStream(['a', 'b', 'c'])
    await connection.done
    expect(sink.writes).toHaveLength(1)
    expect(sink.events.map(({ event }) => event)).toEqual(['update', 'update', 'update', 'done'])
    expect(sink.ended).toBe(true)
  })

  it('reads a stream that has ended already to its end', async () => {
    const { connection, sink, append, end } = makeConnection({ isFirst: false })
    append('a')
    end()
    connection.start()
    expect(await connection.done).toMatchObject({ reason: 'complete', chunks: 1 })
    expect(sink.payloads).toEqual(['a'])
  })

  it('sums up what it has done, once, and tells the observer the same', async () => {
    const disconnected = vi.fn<NonNullable<Observer['disconnected']>>()
    const { connection, sink, append, end, clock, log } = makeConnection({
      options: { observer: { disconnected } },
    })
    connection.start()
    await clock.advance(120)
    append({ delta: 'é' })
    await clock.advance(80)
    append({ delta: 'b' })
    end()
    const summary = await connection.done
    expect(summary).toEqual({
      status: 200,
      streamId: log.streamId,
      reason: 'complete',
      lost: undefined,
      chunks: 2,
      bytes: Buffer.byteLength(sink.text),
      ttfbMs: 120,
      durationMs: 200,
      blockedMs: 0,
      resumedAfter: undefined,
    })
    expect(disconnected).toHaveBeenCalledExactlyOnceWith(summary)
  })

  it('passes on to the producer how far it is, so that the log may drop what was read', async () => {
    const clockSource = createScriptedSource([{ yield: '12345678' }, { hang: true }])
    const { stream, log } = serveStream(clockSource.source)
    await nextTurn()
    await nextTurn()
    expect(log.lastSeq).toBe(1)
    expect(log.unreadBytes).toBe(0)
    stream.end('cancelled')
  })
})
