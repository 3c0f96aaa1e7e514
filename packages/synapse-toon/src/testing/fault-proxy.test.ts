import { describe, expect, it } from 'vitest'
import {
  connectThrough,
  listenTcp,
  makeBytes,
  openLine,
  startProxy,
} from '../../test/fault-proxy-kit.ts'
import { until } from '../../test/test-server.ts'
import { createFakeClock } from './fake-clock.ts'
import { createFaultProxy, type FaultProxyOptions } from './fault-proxy.ts'
import type { Fault } from './fault-proxy-fault.ts'
import { createSeededRandom } from './seeded-random.ts'

describe('a proxy without faults', () => {
  it('passes on what either side says, and counts it', async () => {
    const { proxy, client, server, connection } = await connectThrough()
    client.socket.write('ask')
    await until(() => server.received.length === 3, 'the target was asked')
    server.socket.write('answer')
    await until(() => client.received.length === 6, 'the client was answered')
    expect(server.received.toString()).toBe('ask')
    expect(client.received.toString()).toBe('answer')
    expect(proxy).toMatchObject({ open: 1, total: 1, bytes: { up: 3, down: 6 }, held: 0 })
    expect(connection).toMatchObject({ number: 1, bytes: { up: 3, down: 6 }, cut: undefined })
  })

  it('passes on 20 MiB both ways at once', async () => {
    const { client, server } = await connectThrough()
    const [up, down] = [makeBytes(20 * 2 ** 20, 1), makeBytes(20 * 2 ** 20, 2)]
    client.socket.end(up)
    server.socket.end(down)
    await Promise.all([client.closed, server.closed])
    expect(server.received.equals(up)).toBe(true)
    expect(client.received.equals(down)).toBe(true)
  })

  it('passes on the end of one half, and lets the other half go on', async () => {
    const { proxy, client, server } = await connectThrough({}, true)
    client.socket.end('that is all')
    await until(() => server.ended === 'end', 'the target saw the end')
    expect(server.received.toString()).toBe('that is all')
    server.socket.end('thank you')
    await client.closed
    expect(client).toMatchObject({ ended: 'end' })
    expect(client.received.toString()).toBe('thank you')
    await until(() => proxy.open === 0, 'the line is gone')
    expect(proxy).toMatchObject({ total: 1, bytes: { up: 11, down: 9 } })
  })

  const sides = [
    ['the client', (one: Lines) => [one.client, one.server]],
    ['the target', (one: Lines) => [one.server, one.client]],
  ] as const

  it.each(sides)('passes on a reset by %s', async (_, order) => {
    const lines = await connectThrough()
    const [from, to] = order(lines)
    from!.socket.resetAndDestroy()
    await to!.closed
    expect(to!.ended).toBe('ECONNRESET')
    await until(() => lines.proxy.open === 0, 'the line is gone')
  })

  it.each(sides)('passes on a reset by %s after it has ended its half', async (_, order) => {
    const lines = await connectThrough({}, true)
    const [from, to] = order(lines)
    from!.socket.end()
    await until(() => to!.ended === 'end', 'the end came')
    from!.socket.resetAndDestroy()
    // A side that has ended is read no more, here and there: writing shows that it is gone.
    await until(() => {
      if (!to!.socket.destroyed) to!.socket.write('are you there?')
      return to!.socket.destroyed
    }, 'the other side knows')
    await until(() => lines.proxy.open === 0, 'the line is gone')
  })
})

type Lines = Awaited<ReturnType<typeof connectThrough>>

describe('a proxy before several targets', () => {
  it('goes to each in turn, and to the next where one does not listen', async () => {
    const [one, two, three] = await Promise.all([listenTcp(), listenTcp(), listenTcp()])
    const target = [one, two, three].map(({ port }) => ({ port }))
    const proxy = await startProxy({ target })
    await two.close()
    for (let n = 1; n <= 6; n++) {
      openLine(proxy.port)
      await until(() => proxy.open === n, 'the line is open')
    }
    const ports = proxy.connections.map((connection) => connection.target.port)
    expect(ports).toEqual([one, three, three, one, three, three].map(({ port }) => port))
    expect(proxy.unreachable).toBe(0)
  })

  it('resets the client where none listens', async () => {
    const target = await listenTcp()
    await target.close()
    const proxy = await startProxy({ target: { port: target.port } })
    const client = openLine(proxy.port)
    await client.closed
    expect(client.ended).toBe('ECONNRESET')
    expect(proxy).toMatchObject({ open: 0, total: 1, unreachable: 1 })
  })
})

describe('faults of the whole proxy', () => {
  it('hold for lines that are open and for those to come, until they are taken back', async () => {
    const target = await listenTcp()
    const proxy = await startProxy({ target: { port: target.port } })
    const open = async () => {
      const count = proxy.open + 1
      const client = openLine(proxy.port)
      await until(() => target.lines.length === count && proxy.open === count, 'the line is open')
      return client
    }
    const first = await open()
    proxy.apply({ stall: true })
    const second = await open()
    expect(proxy.connections.map(({ stalled }) => stalled)).toEqual([true, true])
    for (const { socket } of [first, second]) socket.write('x')
    await until(() => proxy.held === 2, 'the proxy holds what was said')
    expect(proxy.bytes.up).toBe(0)
    proxy.apply({ resume: true })
    await until(() => target.lines.every(({ received }) => received.length === 1), 'it has passed')
    await open()
    expect(proxy.connections.map(({ stalled }) => stalled)).toEqual([false, false, false])
    expect(proxy.faults).toEqual({ cut: 0, stall: 2, resume: 2, throttle: 0, delay: 0 })
  })

  it('a stall for a time ends for all lines together, whenever they came', async () => {
    const clock = createFakeClock()
    const { proxy, target } = await connectThrough({ clock })
    proxy.apply({ stall: true, forMs: 1000 })
    await clock.advance(900)
    openLine(proxy.port)
    await until(() => target.lines.length === 2 && proxy.open === 2, 'the second line is open')
    expect(proxy.connections.map(({ stalled }) => stalled)).toEqual([true, true])
    await clock.advance(100)
    expect(proxy.connections.map(({ stalled }) => stalled)).toEqual([false, false])
  })

  it('a cut at once is for those that are open only; a cut after bytes for those to come too', async () => {
    const target = await listenTcp(({ socket }) => socket.write('0123456789'))
    const proxy = await startProxy({ target: { port: target.port } })
    const clients = [openLine(proxy.port), openLine(proxy.port)]
    await until(() => proxy.bytes.down === 20, 'both were served')
    proxy.apply({ cut: 'fin' })
    await Promise.all(clients.map(({ closed }) => closed))
    expect(proxy).toMatchObject({ open: 0, faults: { cut: 2 } })
    const next = openLine(proxy.port)
    await until(() => next.received.length === 10, 'the next is whole')

    proxy.apply({ cut: 'fin', after: 4 })
    const third = openLine(proxy.port)
    await third.closed
    expect(third.received.toString()).toBe('0123')

    proxy.clear()
    const fourth = openLine(proxy.port)
    await until(() => fourth.received.length === 10, 'the fourth is whole again')
  })

  it('of one kind replace each other for lines to come', async () => {
    const target = await listenTcp(({ socket }) => socket.write('0123456789'))
    const proxy = await startProxy({ target: { port: target.port } })
    proxy.apply({ cut: 'rst', after: 2 })
    proxy.apply({ cut: 'fin', after: 7 })
    const client = openLine(proxy.port)
    await client.closed
    expect(client).toMatchObject({ ended: 'end' })
    expect(client.received.toString()).toBe('0123456')
  })
})

describe('a plan', () => {
  it('says what each line suffers, by its number and a random of its own', async () => {
    const target = await listenTcp(({ socket }) => socket.write(makeBytes(500)))
    const run = async (seed: number) => {
      const random = createSeededRandom(seed)
      const planned: number[] = []
      const proxy = await startProxy({
        target: { port: target.port },
        random,
        plan(own, number) {
          const after = own.between(1, 400)
          planned[number] = after
          return [{ cut: 'fin', after }]
        },
      })
      expect(proxy.seed).toBe(seed)
      const seen: number[] = []
      for (let number = 1; number <= 5; number++) {
        const client = openLine(proxy.port)
        await client.closed
        seen[number] = client.received.length
      }
      expect(seen).toEqual(planned)
      return seen
    }
    const first = await run(7)
    expect(await run(7)).toEqual(first)
    expect(await run(8)).not.toEqual(first)
  })
})

describe('the random of a line', () => {
  it('does not depend on how much the plan drew for other lines', async () => {
    const target = await listenTcp()
    const run = async (drawnBefore: number) => {
      let second = 0
      const proxy = await startProxy({
        target: { port: target.port },
        random: createSeededRandom(1),
        plan(random, number) {
          if (number === 1) for (let n = 0; n < drawnBefore; n++) random.next()
          else second = random.next()
          return []
        },
      })
      for (const count of [1, 2]) {
        openLine(proxy.port)
        await until(() => proxy.open === count, 'the line is open')
      }
      return second
    }
    expect(await run(5)).toBe(await run(0))
  })
})

describe('closing a proxy', () => {
  it('resets every line, refuses new ones, and settles when all sockets are gone', async () => {
    const { proxy, client, server, connection } = await connectThrough()
    client.socket.write('x')
    await until(() => server.received.length === 1, 'the line is in use')
    const closing = proxy.close()
    expect(proxy.close()).toBe(closing)
    await closing
    await Promise.all([connection.closed, client.closed, server.closed])
    expect(client.ended).toBe('ECONNRESET')
    expect(server.ended).toBe('ECONNRESET')
    expect(proxy).toMatchObject({ open: 0, held: 0, bytes: { up: 1, down: 0 } })
    const late = openLine(proxy.port)
    await late.closed
    expect(late.ended).toBe('ECONNREFUSED')
  })

  it('settles too while a delay, a stall and a cut in order are under way', async () => {
    const clock = createFakeClock()
    const { proxy, client, target } = await connectThrough({ clock })
    const others = [openLine(proxy.port), openLine(proxy.port)]
    await until(() => proxy.open === 3 && target.lines.length === 3, 'all lines are open')
    const [delayed, stalled, cut] = proxy.connections
    delayed!.apply({ delay: 1000 })
    stalled!.apply({ stall: true, forMs: 5000 })
    proxy.apply({ stall: true, forMs: 9000 })
    delayed!.apply({ resume: true })
    for (const { socket } of [client, others[0]!]) socket.write('x')
    await until(() => proxy.held === 2, 'both wait')
    cut!.apply({ cut: 'fin' })
    expect(clock.pending).toBeGreaterThan(3)
    await proxy.close()
    expect(clock.pending).toBe(0)
  })
})

describe('what cannot be', () => {
  const target = { port: 80 }
  it.each<[unknown, string]>([
    [undefined, 'options must be an object, for example { target: { port } }, got undefined'],
    [{}, 'target must be an object { host, port }, got undefined'],
    [{ target: [] }, 'target must be one or more targets, got an instance of Array'],
    [{ target: { port: 0 } }, 'target.port must be a whole number from 1 to 65535'],
    [{ target: { port: '80' } }, 'target.port must be a whole number from 1 to 65535'],
    [{ target: [target, { port: 1.5 }] }, 'target[1].port must be a whole number'],
    [{ target: { port: 80, host: '' } }, 'target.host must be an address, left out: 127.0.0.1'],
    [{ target, plan: [] }, 'plan must be a function, got an instance of Array'],
    [{ target, random: Math.random }, 'random must be made by createSeededRandom'],
    [{ target, clock: {} }, 'clock must be an object with now and after'],
    [{ target, seed: 1 }, 'an option must be one of target, plan, random, clock, got "seed"'],
  ])('is refused: %j', async (options, message) => {
    await expect(createFaultProxy(options as FaultProxyOptions)).rejects.toThrow(message)
  })

  it('is refused as a fault, and nothing is done', async () => {
    const { proxy, connection } = await connectThrough()
    const bad = { cut: 'maybe' } as unknown as Fault
    for (const refuse of [proxy, connection]) {
      expect(() => refuse.apply(bad)).toThrow('fault.cut must be one of fin, rst, got "maybe"')
    }
    expect(proxy).toMatchObject({ open: 1, faults: { cut: 0 } })
  })
})
