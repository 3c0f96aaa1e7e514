import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connectThrough, makeBytes, type TestLine } from '../../test/fault-proxy-kit.ts'
import { until } from '../../test/test-server.ts'
import { createFakeClock } from './fake-clock.ts'

type Lines = Awaited<ReturnType<typeof connectThrough>>

/** Who sends and who receives in a direction. */
function endsOf(lines: Lines, of: 'up' | 'down'): { sender: TestLine; receiver: TestLine } {
  const { client, server } = lines
  return of === 'up' ? { sender: client, receiver: server } : { sender: server, receiver: client }
}

describe('a cut', () => {
  it.each(['fin', 'rst'] as const)('by %s at once is seen as such by both sides', async (how) => {
    const { proxy, client, server, connection } = await connectThrough()
    client.socket.write('ask')
    server.socket.write('answer')
    await until(() => server.received.length + client.received.length === 9, 'both have read')
    connection.apply({ cut: how })
    expect(connection.cut).toBe(how)
    expect(proxy).toMatchObject({ open: 0, faults: { cut: 1 } })
    await Promise.all([client.closed, server.closed, connection.closed])
    const expected = how === 'fin' ? 'end' : 'ECONNRESET'
    expect([client.ended, server.ended]).toEqual([expected, expected])
  })

  it('happens once', async () => {
    const { proxy, connection } = await connectThrough()
    connection.apply({ cut: 'fin' })
    connection.apply({ cut: 'rst' })
    connection.apply({ stall: true })
    expect(connection).toMatchObject({ cut: 'fin', stalled: false })
    expect(proxy.faults).toMatchObject({ cut: 1, stall: 0 })
  })

  it('in order after exactly N bytes of a direction, however they are sent', async () => {
    const run = async (of: 'up' | 'down', after: number, pieces: number[]) => {
      const lines = await connectThrough()
      const { sender, receiver } = endsOf(lines, of)
      lines.connection.apply({ cut: 'fin', after, of })
      const bytes = makeBytes(after + pieces.reduce((sum, size) => sum + size, 0))
      for (let at = 0, index = 0; at < bytes.length; index++) {
        const size = pieces[index % pieces.length]!
        sender.socket.write(bytes.subarray(at, at + size))
        at += size
      }
      await Promise.all([receiver.closed, sender.closed])
      expect(receiver.ended).toBe('end')
      expect(receiver.received.length).toBe(after)
      expect(receiver.received.equals(bytes.subarray(0, after))).toBe(true)
      expect(lines.proxy.bytes[of]).toBe(after)
      await lines.proxy.close()
    }
    const places = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 500_000 }))
    const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 })
    const property = fc.asyncProperty(fc.constantFrom('up', 'down'), places, sizes, run)
    await fc.assert(property, { numRuns: 30 })
  })

  it.each(['up', 'down'] as const)('by a reset after exactly N bytes %s', async (of) => {
    const lines = await connectThrough()
    const { sender, receiver } = endsOf(lines, of)
    lines.connection.apply({ cut: 'rst', after: 12_345, of })
    const bytes = makeBytes(100_000)
    sender.socket.write(bytes)
    await receiver.closed
    expect(receiver.ended).toBe('ECONNRESET')
    expect(receiver.received.equals(bytes.subarray(0, 12_345))).toBe(true)
    await sender.closed
  })

  it('after N bytes counts from when it was set', async () => {
    const { client, server, connection } = await connectThrough()
    server.socket.write('0123456789')
    await until(() => client.received.length === 10, 'the first ten came')
    connection.apply({ cut: 'fin', after: 3 })
    server.socket.write('abcdef')
    await client.closed
    expect(client.received.toString()).toBe('0123456789abc')
  })

  it('that was set is taken back by clear', async () => {
    const { client, server, connection } = await connectThrough()
    connection.apply({ cut: 'fin', after: 3 })
    connection.clear()
    server.socket.write('abcdef')
    await until(() => client.received.length === 6, 'all came')
  })

  it('by a reset does not wait for a client that reads nothing', async () => {
    const { client, server, connection } = await connectThrough()
    client.socket.pause()
    server.socket.write(makeBytes(30 * 2 ** 20))
    await until(() => connection.held >= 65_536, 'the proxy is full')
    connection.apply({ cut: 'rst' })
    await connection.closed
    await server.closed
    expect(server.ended).toBe('ECONNRESET')
  })

  it('in order closes a line whose other end never does, after a second', async () => {
    const clock = createFakeClock()
    const { connection, client } = await connectThrough({ clock }, true)
    connection.apply({ cut: 'fin' })
    await until(() => client.ended === 'end', 'the client saw the end')
    let isClosed = false
    void connection.closed.then(() => {
      isClosed = true
    })
    await clock.advance(999)
    expect(isClosed).toBe(false)
    await clock.advance(1)
    await connection.closed
  })
})

describe('a stall', () => {
  it('passes nothing either way, keeps the line open, and loses nothing', async () => {
    const { proxy, client, server, connection } = await connectThrough()
    const [up, down] = [makeBytes(1_000_000, 1), makeBytes(1_000_000, 2)]
    connection.apply({ stall: true, after: 300_000 })
    client.socket.end(up)
    server.socket.end(down)
    await until(() => connection.stalled, 'the line stands still')
    await until(() => connection.held >= 65_536 * 2, 'the proxy is full both ways')
    expect(client.received.length).toBeLessThanOrEqual(300_000)
    const { bytes } = proxy
    expect(bytes.down).toBe(300_000)
    expect(proxy.open).toBe(1)
    connection.apply({ resume: true })
    await Promise.all([client.closed, server.closed])
    expect(client.received.equals(down)).toBe(true)
    expect(server.received.equals(up)).toBe(true)
    expect(proxy.faults).toMatchObject({ stall: 1, resume: 1 })
  })

  it('hides that a side has left, until it ends', async () => {
    const { client, server, connection } = await connectThrough()
    connection.apply({ stall: true })
    client.socket.resetAndDestroy()
    await client.closed
    server.socket.write('still there?')
    await until(() => connection.held > 0, 'the proxy holds what the target said')
    expect(server.ended).toBeUndefined()
    connection.apply({ resume: true })
    await server.closed
    expect(server.ended).toBe('ECONNRESET')
    expect(connection.bytes).toEqual({ up: 0, down: 0 })
  })

  it('for a time ends by itself, and a later one or a resume replaces it', async () => {
    const clock = createFakeClock()
    const { connection } = await connectThrough({ clock })
    connection.apply({ stall: true, forMs: 1000 })
    await clock.advance(999)
    expect(connection.stalled).toBe(true)
    await clock.advance(1)
    expect(connection.stalled).toBe(false)

    connection.apply({ stall: true, forMs: 1000 })
    connection.apply({ stall: true, forMs: 5000 })
    await clock.advance(4999)
    expect(connection.stalled).toBe(true)
    connection.apply({ resume: true })
    connection.apply({ stall: true })
    await clock.advance(100_000)
    expect(connection.stalled).toBe(true)
    expect(clock.pending).toBe(0)
  })
})

describe('a throttle', () => {
  it('lets pass its rate times the time, never more and at most 20 ms of it less', async () => {
    const clock = createFakeClock()
    const { proxy, client, server, connection } = await connectThrough({ clock })
    connection.apply({ throttle: 10_000 })
    const down = makeBytes(50_000)
    server.socket.write(down)
    await until(() => connection.held > 0, 'the proxy has read')
    for (let now = 10; now <= 2000; now += 10) {
      await clock.advance(10)
      // Between two pieces it waits for the clock; else for the network, which does not stand still.
      await until(() => clock.pending === 1, 'the proxy waits for the clock')
      expect(proxy.bytes.down).toBeLessThanOrEqual(10 * now)
      expect(proxy.bytes.down).toBeGreaterThanOrEqual(10 * now - 200)
    }
    const { bytes } = proxy
    await until(() => client.received.length === bytes.down, 'what has passed has come')
    connection.apply({ throttle: 0 })
    await until(() => client.received.length === 50_000, 'the rest comes without a limit')
    expect(client.received.equals(down)).toBe(true)
  })

  it('holds for each direction by itself', async () => {
    const clock = createFakeClock()
    const { proxy, client, server, connection } = await connectThrough({ clock })
    connection.apply({ throttle: 1000 })
    client.socket.write(makeBytes(500))
    server.socket.write(makeBytes(500))
    await until(() => connection.held === 1000, 'the proxy has read both')
    for (let now = 0; proxy.bytes.up + proxy.bytes.down < 1000; now += 10) {
      if (now > 1000) throw new Error('two directions share one rate')
      await clock.advance(10)
    }
  })
})

describe('a delay', () => {
  it('holds every piece back for so long, in order', async () => {
    const clock = createFakeClock()
    const { client, server, connection } = await connectThrough({ clock })
    connection.apply({ delay: 100 })
    server.socket.write('one')
    await until(() => connection.held === 3, 'the first piece is there')
    await clock.advance(60)
    server.socket.write('two')
    await until(() => connection.held === 6, 'the second piece is there')
    for (const [ms, passed] of [
      [39, 0],
      [1, 3],
      [59, 3],
      [1, 6],
    ] as const) {
      await clock.advance(ms)
      expect(connection.bytes.down).toBe(passed)
    }
    await until(() => client.received.toString() === 'onetwo', 'both came')
  })

  it('holds the end back too', async () => {
    const clock = createFakeClock()
    const { client, server, connection } = await connectThrough({ clock })
    connection.apply({ delay: 100 })
    server.socket.write('one')
    await until(() => connection.held === 3, 'the piece is there')
    await clock.advance(60)
    server.socket.end()
    await until(() => server.socket.writableFinished, 'the end is on the way')
    await clock.advance(40)
    await until(() => client.received.length === 3, 'the piece came')
    await clock.advance(19)
    expect(client.ended).toBeUndefined()
    await clock.advance(100)
    await client.closed
    expect(client.ended).toBe('end')
  })

  it('that is taken off does not let later pieces overtake', async () => {
    const clock = createFakeClock()
    const { client, server, connection } = await connectThrough({ clock })
    connection.apply({ delay: 100 })
    server.socket.write('one')
    await until(() => connection.held === 3, 'the first piece is there')
    connection.apply({ delay: 0 })
    server.socket.write('two')
    await until(() => connection.held === 6, 'the second piece waits behind it')
    await clock.advance(100)
    await until(() => client.received.toString() === 'onetwo', 'both came')
  })
})

describe('a side that reads nothing', () => {
  it.each(['up', 'down'] as const)(
    'makes the proxy hold at most 256 KiB %s, and gets all once it reads',
    async (of) => {
      const lines = await connectThrough()
      const { sender, receiver } = endsOf(lines, of)
      receiver.socket.pause()
      const bytes = makeBytes(30 * 2 ** 20)
      let most = 0
      sender.socket.end(bytes)
      let before = -1
      // Full, once nothing has passed between two looks though there is more.
      await until(() => {
        const { held } = lines.proxy
        most = Math.max(most, held)
        const isFull = held >= 65_536 && lines.proxy.bytes[of] === before
        before = lines.proxy.bytes[of]
        return isFull
      }, 'the proxy is full')
      expect(sender.socket.writableLength).toBeGreaterThan(0)
      expect(most).toBeLessThanOrEqual(256 * 1024)
      receiver.socket.resume()
      await Promise.all([receiver.closed, sender.closed])
      expect(receiver.received.equals(bytes)).toBe(true)
    },
  )
})
