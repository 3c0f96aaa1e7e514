import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  createFaultProxy,
  type FaultProxy,
  type FaultProxyOptions,
} from '../src/testing/fault-proxy.ts'
import { createSeededRandom } from '../src/testing/seeded-random.ts'
import { until } from './test-server.ts'

/** One end of a TCP line, and what it has seen. */
export interface TestLine {
  readonly socket: Socket
  readonly received: Buffer
  /** `end`: in order. Else the code of the error, for example `ECONNRESET`. */
  readonly ended: string | undefined
  readonly closed: Promise<void>
}

function watch(socket: Socket): TestLine {
  const pieces: Buffer[] = []
  let ended: string | undefined
  socket.on('data', (piece) => pieces.push(piece))
  socket.on('end', () => (ended ??= 'end'))
  socket.on('error', (error: NodeJS.ErrnoException) => (ended ??= error.code))
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()))
  return {
    socket,
    get received() {
      return Buffer.concat(pieces)
    },
    get ended() {
      return ended
    },
    closed,
  }
}

export interface TestTarget {
  readonly port: number
  /** The lines that it was asked on, oldest first. */
  readonly lines: readonly TestLine[]
  close(): Promise<void>
}

/**
 * A TCP server on a free port of loopback.
 *
 * @param allowHalfOpen to go on when the client has ended its half. Default: ends its own too.
 */
export async function listenTcp(
  onLine: (line: TestLine) => void = () => {},
  allowHalfOpen = false,
): Promise<TestTarget> {
  const lines: TestLine[] = []
  const server = createServer({ allowHalfOpen }, (socket) => {
    const line = watch(socket)
    lines.push(line)
    onLine(line)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const { socket } of lines) socket.destroy()
    })
  onTestFinished(close)
  return { port: (server.address() as AddressInfo).port, lines, close }
}

export function openLine(port: number, allowHalfOpen = false): TestLine {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen })
  onTestFinished(() => void socket.destroy())
  return watch(socket)
}

export async function startProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = await createFaultProxy(options)
  onTestFinished(() => proxy.close())
  return proxy
}

/** A client and a target that are connected through a proxy, and nothing was sent yet. */
export async function connectThrough(
  options: Omit<FaultProxyOptions, 'target'> = {},
  allowHalfOpen = false,
) {
  const target = await listenTcp(() => {}, allowHalfOpen)
  const proxy = await startProxy({ ...options, target: { port: target.port } })
  const client = openLine(proxy.port, allowHalfOpen)
  await until(() => proxy.open === 1 && target.lines.length === 1, 'the line is open')
  return { target, proxy, client, server: target.lines[0]!, connection: proxy.connections[0]! }
}

/** Bytes in which no stretch repeats, so that a lost, doubled or moved one is seen. */
export function makeBytes(count: number, seed = 1): Buffer {
  const random = createSeededRandom(seed)
  const bytes = Buffer.alloc(count + 3)
  for (let at = 0; at < count; at += 4) bytes.writeUInt32LE(random.next() * 2 ** 32, at)
  return bytes.subarray(0, count)
}
