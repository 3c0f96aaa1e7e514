import { describe, expect, it, vi } from 'vitest'
import {
  type ConnectionKitOptions,
  emptyLog,
  makeConnection,
  serveStream,
} from '../../test/connection-kit.ts'
import { FakeSink } from '../../test/fake-sink.ts'
import type { StreamOptions } from './settings.ts'

const SLOT_MS = 25

/** A frame of about this many bytes. */
const payload = (bytes: number) => 'x'.repeat(bytes)

/** An open connection whose network takes nothing by itself. */
function slow(options: StreamOptions = {}, kit: ConnectionKitOptions = {}) {
  const sink = new FakeSink({ takesAll: false, highWaterMark: 2 ** 30 })
  const made = makeConnection({ isFirst: false, sink, ...kit, options })
  made.connection.start()
  return made
}

/** An endless source that counts what is taken from it, with a connection that reads it. */
function slowStream(options: StreamOptions, source?: () => Iterable<unknown>) {
  const counter = { pulled: 0 }
  function* endless() {
    while (true) {
      counter.pulled++
      yield { delta: payload(100) }
    }
  }
  const sink = new FakeSink({ takesAll: false, highWaterMark: 2 ** 30 })
  const made = serveStream((source ?? endless)(), { sink, options, maxBytes: 2 ** 16 })
  return { ...made, counter }
}

describe('a connection whose client is slow', () => {
  it('stops writing when its buffer is full, and goes on when there is room', async () => {
    const blocked = vi.fn()
    const { sink, clock, append, log } = slow({ maxBufferSize: 1024, observer: { blocked } })
    append(...Array(10).fill(payload(300)))
    await clock.advance(0)
    const { length } = sink.writes
    expect(sink.unsentBytes()).toBeGreaterThan(500)
    expect(blocked).toHaveBeenCalledExactlyOnceWith({
      streamId: log.streamId,
      unsentBytes: sink.unsentBytes(),
    })
    await clock.advance(20_000)
    append('late')
    await clock.advance(0)
    expect(sink.writes).toHaveLength(length)
    sink.take()
    expect(sink.writes.length).toBeGreaterThan(length)
    for (let n = 0; n < 10; n++) sink.take()
    expect(sink.payloads).toEqual([...Array(10).fill(payload(300)), 'late'])
  })

  it('waits too when the sink says that it wants no more', async () => {
    const sink = new FakeSink({ takesAll: false, highWaterMark: 1 })
    const { clock, append } = slow({}, { sink })
    append('a')
    await clock.advance(0)
    append('b')
    await clock.advance(0)
    expect(sink.payloads).toEqual(['a'])
    sink.take(1)
    expect(sink.payloads).toEqual(['a', 'b'])
  })

  it('adds up how long it had to wait', async () => {
    const { connection, sink, clock, append, end } = slow({ maxBufferSize: 1024 })
    append(payload(2000))
    await clock.advance(300)
    sink.take()
    await clock.advance(1000)
    append(payload(2000))
    end()
    await clock.advance(40)
    sink.take()
    sink.take()
    expect(await connection.done).toMatchObject({ blockedMs: 340, durationMs: 1340 })
  })

  it('adds up the wait that it is in when the client leaves', async () => {
    const { connection, sink, clock, append } = slow({ maxBufferSize: 1024 })
    append(payload(2000))
    await clock.advance(500)
    sink.close()
    expect(await connection.done).toMatchObject({ blockedMs: 500, reason: 'client-left' })
  })
})

describe('deadlines.stall', () => {
  const options: StreamOptions = { maxBufferSize: 1024, deadlines: { stall: 1000 } }

  it('cuts off a client that takes nothing for so long', async () => {
    const disconnected = vi.fn()
    const { connection, sink, clock, append, wheel } = slow({
      ...options,
      observer: { disconnected },
    })
    append(payload(2000))
    await clock.advance(999)
    expect(sink.destroyed).toBe(false)
    await clock.advance(1 + SLOT_MS)
    expect(sink.destroyed).toBe(true)
    expect(await connection.done).toMatchObject({ reason: 'stalled-client' })
    expect(disconnected).toHaveBeenCalledOnce()
    expect(wheel.size).toBe(0)
  })

  it('leaves a client alone that takes a little in each such time', async () => {
    const { sink, clock, append } = slow(options)
    append(payload(20_000), 'next')
    for (let n = 0; n < 15; n++) {
      await clock.advance(900)
      sink.take(10)
    }
    expect(sink.destroyed).toBe(false)
    await clock.advance(2000 + 2 * SLOT_MS)
    expect(sink.destroyed).toBe(true)
  })

  it('watches the client too while the terminal frame is on its way', async () => {
    const { connection, sink, clock, append, end } = slow(options)
    append('a')
    end()
    await clock.advance(0)
    expect(sink.ended).toBe(true)
    await clock.advance(1000 + SLOT_MS)
    expect(await connection.done).toMatchObject({ reason: 'stalled-client', chunks: 1 })
  })

  it('does not watch a client that has taken all', async () => {
    const { sink, clock, append } = slow(options)
    append(payload(2000))
    await clock.advance(500)
    sink.take()
    await clock.advance(60_000)
    expect(sink.destroyed).toBe(false)
  })

  it('of 0 is switched off', async () => {
    const { sink, clock, append } = slow({ maxBufferSize: 1024, deadlines: { stall: 0 } })
    append(payload(2000))
    await clock.advance(600_000)
    expect(sink.destroyed).toBe(false)
  })
})

describe('slowClient', () => {
  it('wait makes the source wait, and go on as the client takes', async () => {
    const { connection, sink, clock, counter, stream, wheel } = slowStream({ maxBufferSize: 4096 })
    await clock.advance(0)
    const { pulled } = counter
    expect(connection.holdsBack).toBe(true)
    // A turn's worth is taken before the first flush; after it, nothing while the client waits.
    expect(pulled).toBeLessThanOrEqual(128)
    await clock.advance(5000)
    expect(counter.pulled).toBe(pulled)
    // What was taken ahead is sent first, about 20 frames for each buffer.
    for (let n = 0; n < 10; n++) {
      sink.take()
      await clock.advance(0)
    }
    expect(connection.holdsBack).toBe(true)
    expect(counter.pulled).toBeGreaterThan(pulled)
    sink.close()
    expect(await connection.done).toMatchObject({ reason: 'client-left' })
    stream.end('cancelled')
    expect(wheel.size).toBe(0)
  })

  it('merge lets the source go on, and sends what waited as fewer events', async () => {
    const texts = Array.from({ length: 100 }, (_, n) => `${n} `.padEnd(100, '.'))
    const source = () => texts.map((delta) => ({ delta }))
    const { connection, sink, clock, stream } = slowStream(
      { slowClient: 'merge', maxBufferSize: 1024 },
      source,
    )
    await clock.advance(0)
    expect(connection.holdsBack).toBe(false)
    expect(stream.summary).toMatchObject({ reason: 'complete', chunks: 100 })
    for (let n = 0; n < 100 && !sink.ended; n++) sink.take()
    sink.take()
    const { chunks, reason } = await connection.done
    expect(reason).toBe('complete')
    expect(chunks).toBeLessThan(20)
    const read = sink.payloads.map((each) => (each as { delta: string }).delta)
    expect(read.join('')).toBe(texts.join(''))
    expect(sink.events.at(-1)!.id).toBe(`${stream.streamId}-000000000065`)
  })

  it('merge leaves alone what comes after the client has caught up', async () => {
    const { sink, clock, append } = slow({ slowClient: 'merge', maxBufferSize: 1024 })
    append({ delta: payload(2000) })
    await clock.advance(0)
    append({ delta: 'a' }, { delta: 'b' })
    await clock.advance(0)
    sink.take()
    append({ delta: 'c' }, { delta: 'd' })
    await clock.advance(0)
    const deltas = sink.payloads.map((each) => (each as { delta: string }).delta)
    expect(deltas.slice(1)).toEqual(['ab', 'c', 'd'])
  })

  it('disconnect cuts off a client that has fallen maxBufferSize behind', async () => {
    const { connection, sink, clock, append, wheel } = slow({
      slowClient: 'disconnect',
      maxBufferSize: 1024,
    })
    append(payload(2000))
    await clock.advance(0)
    append(payload(1000))
    await clock.advance(0)
    expect(sink.destroyed).toBe(false)
    append(payload(100))
    expect(sink.destroyed).toBe(true)
    expect(await connection.done).toMatchObject({ reason: 'overflow' })
    expect(wheel.size).toBe(0)
  })

  it('disconnect cuts off a client that falls behind although it takes a little all the time', async () => {
    const { sink, clock, append } = slow({ slowClient: 'disconnect', maxBufferSize: 1024 })
    for (let n = 0; n < 50 && !sink.destroyed; n++) {
      append(payload(400))
      await clock.advance(100)
      sink.take(40)
    }
    expect(sink.destroyed).toBe(true)
  })

  it('disconnect leaves a client alone that takes a long replay as fast as it comes', async () => {
    const log = emptyLog()
    for (let seq = 1; seq <= 20; seq++) {
      log.append({ seq, event: 'update', json: JSON.stringify(payload(500)) })
    }
    const { sink, clock } = slow({ slowClient: 'disconnect', maxBufferSize: 1024 }, { log })
    await clock.advance(0)
    for (let n = 0; n < 30; n++) sink.take()
    expect(sink.destroyed).toBe(false)
    expect(sink.payloads).toHaveLength(20)
  })

  it('disconnect does not make the source wait', async () => {
    const { connection, sink, clock, stream } = slowStream({
      slowClient: 'disconnect',
      maxBufferSize: 1024,
      onDisconnect: 'cancel',
    })
    await clock.advance(0)
    expect(sink.destroyed).toBe(true)
    expect(await connection.done).toMatchObject({ reason: 'overflow' })
    expect(stream.summary).toMatchObject({ reason: 'overflow' })
  })
})
