import { describe, expect, it } from 'vitest'
import { makeConnection } from '../../test/connection-kit.ts'
import { FakeSink } from '../../test/fake-sink.ts'
import { listenToWarnings } from '../../test/process-events.ts'
import { TailLog } from '../../test/tail-log.ts'

const LONG = 'x'.repeat(500)

/** A connection to a stream of so many records, of which two are in memory. */
function behind(count: number, kit: Parameters<typeof makeConnection>[0] = {}) {
  const log = new TailLog()
  const made = makeConnection({ isFirst: false, ...kit, log })
  for (let n = 1; n <= count; n++) made.append(n)
  return { ...made, log }
}

describe('a connection that is behind what is in memory', () => {
  it('loads what it needs, and is then as any other', async () => {
    const { connection, sink, log, clock, append, end } = behind(8)
    connection.start()
    await clock.advance(0)
    expect(sink.payloads).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    append(9)
    end()
    await clock.advance(0)
    expect(sink.payloads).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(sink.ended).toBe(true)
    expect(log.loads).toEqual([1, 4])
    expect(await connection.done).toMatchObject({ reason: 'complete', lost: undefined, chunks: 9 })
  })

  it('loads one page at a time, and the next only when the client has room', async () => {
    const sink = new FakeSink({ takesAll: false, highWaterMark: 2 ** 30 })
    const { connection, log, clock } = behind(40, { sink, options: { maxBufferSize: 1024 } })
    connection.start()
    await clock.advance(0)
    const { length } = log.loads
    expect(length).toBeLessThan(8)
    await clock.advance(1000)
    expect(log.loads).toHaveLength(length)
    for (let n = 0; n < 60; n++) {
      sink.take()
      await clock.advance(0)
    }
    expect(sink.payloads).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
    expect(new Set(log.loads).size).toBe(log.loads.length)
  })

  it('is cut where the store fails, so that its client comes back', async () => {
    const warnings = listenToWarnings()
    const { connection, sink, log, clock } = behind(8)
    log.away = new Error('disk is away')
    connection.start()
    await clock.advance(0)
    expect(sink).toMatchObject({ destroyed: true, ended: false })
    expect(await connection.done).toMatchObject({ reason: 'client-left', lost: 'client-left' })
    await clock.advance(0)
    expect(await warnings()).toEqual(['SYNAPSE_CONNECTION'])
  })

  it('does nothing with what comes after its client has left', async () => {
    const { connection, sink, clock } = behind(8)
    connection.start()
    sink.close()
    await clock.advance(0)
    expect(sink.text).toBe('')
    expect(await connection.done).toMatchObject({ lost: 'client-left' })
  })
})

describe('a connection that is sent elsewhere', () => {
  it('tells when to come back, and ends without a terminal frame', async () => {
    const { connection, sink, clock, append } = makeConnection({ isFirst: false })
    connection.start()
    append(1)
    await clock.advance(0)
    connection.moveOn()
    append(2)
    await clock.advance(0)
    expect(sink).toMatchObject({ payloads: [1], ended: true, destroyed: false })
    const retry = /\nretry: (\d+)\n$/.exec(sink.text)
    expect(Number(retry![1])).toBeLessThan(1000)
    expect(sink.events.map(({ event }) => event)).toEqual(['update'])
    expect(await connection.done).toMatchObject({ reason: 'shutdown', lost: 'shutdown', chunks: 1 })
  })

  it('stays until it has an event: before, it could only begin anew', async () => {
    const { connection, sink, clock, append } = makeConnection({ isFirst: true })
    connection.start()
    connection.moveOn()
    await clock.advance(20_000)
    expect(sink.ended).toBe(false)
    append(1)
    await clock.advance(0)
    expect(sink).toMatchObject({ payloads: [1], ended: true })
  })

  it('goes once there is room, when it was blocked', async () => {
    const sink = new FakeSink({ takesAll: false, highWaterMark: 2 ** 30 })
    const options = { maxBufferSize: 1024 }
    const { connection, clock, append } = makeConnection({ isFirst: false, sink, options })
    connection.start()
    append(LONG, LONG, LONG)
    await clock.advance(0)
    connection.moveOn()
    expect(sink.ended).toBe(false)
    for (let n = 0; n < 5; n++) sink.take()
    expect(sink).toMatchObject({ payloads: [LONG, LONG, LONG], ended: true })
    expect(await connection.done).toMatchObject({ lost: 'shutdown' })
  })

  it('gets the end instead, where that is there already', async () => {
    const { connection, sink, clock, append, end } = makeConnection({ isFirst: false })
    connection.start()
    append(1)
    end()
    connection.moveOn()
    await clock.advance(0)
    expect(sink.events.map(({ event }) => event)).toEqual(['update', 'done'])
    expect(await connection.done).toMatchObject({ lost: undefined, reason: 'complete' })
  })

  it('moves only once, and not after it is over', async () => {
    const { connection, sink, clock, append } = makeConnection({ isFirst: false })
    connection.start()
    append(1)
    await clock.advance(0)
    connection.moveOn()
    connection.moveOn()
    sink.close(true)
    connection.moveOn()
    expect(sink.text.match(/retry/g)).toHaveLength(1)
  })
})
