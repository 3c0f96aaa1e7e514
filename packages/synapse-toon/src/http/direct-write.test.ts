import { mkdtemp } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { DirectWrite, directWriteOf as DirectWriteOf } from './direct-write.ts'

const TCP = { port: 0, host: '127.0.0.1' }

/** The accepted end of a line, and the other one, which does not read yet. */
async function line(where: { port: number; host: string } | { path: string } = TCP) {
  const server = createServer()
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  await new Promise<void>((resolve) => server.listen(where, resolve))
  const address = server.address() as AddressInfo | string
  const client =
    typeof address === 'string' ? connect(address) : connect(address.port, address.address)
  const socket = await accepted
  if (client.connecting) await new Promise((resolve) => client.once('connect', resolve))
  onTestFinished(() => {
    client.destroy()
    socket.destroy()
    server.close()
  })
  return { socket, client }
}

async function pipe() {
  const folder = await mkdtemp(join(tmpdir(), 'synapse-pipe-'))
  return line({ path: join(folder, 'pipe') })
}

/** In a release of Node, or where it is made in another way. */
async function directWriteIn(there: { major?: number; Socket?: typeof Socket } = {}) {
  vi.resetModules()
  const { platform } = await import('./node-platform.ts')
  Object.assign(platform!, there)
  return (await import('./direct-write.ts')).directWriteOf
}

let directWriteOf: typeof DirectWriteOf
beforeEach(async () => {
  vi.resetModules()
  directWriteOf = (await import('./direct-write.ts')).directWriteOf
})
// Other files of tests use the same modules.
afterEach(() => void vi.resetModules())

describe('directWriteOf', () => {
  it('is a way for the sockets of Node', async () => {
    const { socket } = await line()
    const onTcp = directWriteOf(socket)
    expect(onTcp).toBeTypeOf('function')
    expect(directWriteOf((await pipe()).socket)).toBe(onTcp)
  })

  it('is none where somebody has put a _write of their own before that of Node', async () => {
    const { socket } = await line()
    socket._write = () => {}
    expect(directWriteOf(socket)).toBeUndefined()
  })

  it('is none over TLS, whose writes may not overlap', async () => {
    const { socket } = await line()
    const tls = new TLSSocket(socket)
    onTestFinished(() => void tls.destroy())
    expect(directWriteOf(tls)).toBeUndefined()
  })

  it('is none in Bun, which only imitates Node', async () => {
    const { socket } = await line()
    vi.resetModules()
    vi.stubGlobal('process', { ...process, versions: { ...process.versions, bun: '1.3.0' } })
    const there = await import('./direct-write.ts')
    vi.unstubAllGlobals()
    expect(there.directWriteOf(socket)).toBeUndefined()
  })

  it("asks Node's own handle only in releases where that was tried", async () => {
    const { socket } = await line()
    const names: string[] = []
    for (const major of [18, 20, 25, 26]) {
      names.push((await directWriteIn({ major }))(socket)!.name)
    }
    const isTried = Number.parseInt(process.versions.node, 10) < 26
    const tried = isTried ? 'writeToHandle' : 'writeBySocket'
    expect(names).toEqual(['writeBySocket', tried, tried, 'writeBySocket'])
  })

  it('goes by the socket where Node makes its requests in another way', async () => {
    const { socket } = await line()
    class Changed extends Socket {
      override _write(): never {
        throw new TypeError('there is no such thing')
      }
    }
    expect((await directWriteIn({ Socket: Changed }))(socket)!.name).toBe('writeBySocket')
  })
})

/** That of this release, and that of any. */
const WAYS = [
  ['to the handle', {}],
  ['by the socket', { major: 99 }],
] as const

const LARGE = 'x'.repeat(1_000_000)

describe.each(WAYS)('a direct write %s', (_, release) => {
  async function written(made: () => Promise<{ socket: Socket; client: Socket }>) {
    const { socket, client } = await made()
    let received = ''
    client.setEncoding('latin1').on('data', (text) => {
      received += text
    })
    const write = (await directWriteIn(release))(socket)!
    return { socket, client, write, received: () => received }
  }

  /** Until the system takes no more at once. */
  function fill(write: DirectWrite, socket: Socket): number {
    for (let n = 1; ; n++) if (!write(socket, LARGE)) return n
  }

  it.each([
    ['TCP', line],
    ['a pipe', pipe],
  ])('brings texts and bytes in order, over %s', async (_line, made) => {
    const { socket, write, received } = await written(made)
    const texts: string[] = []
    for (let n = 0; n < 500; n++) {
      const text = `${n}:${'y'.repeat(n % 97)}\n`
      const data = n % 3 === 0 ? Buffer.from(text) : text
      write(socket, data)
      texts.push(text)
    }
    await vi.waitUntil(() => received() === texts.join(''))
    expect(socket.bytesWritten).toBe(texts.join('').length)
  })

  it('says where the system does not take all at once, and what comes later goes behind it', async () => {
    const { socket, client, write, received } = await written(line)
    client.pause()
    for (let round = 0; round < 3; round++) {
      const before = received().length
      // Bytes are not copied: they must be kept for as long as they are read.
      let length = fill(write, socket) * LARGE.length
      expect(write(socket, Buffer.from('b'.repeat(3000)))).toBe(false)
      length += 3000
      globalThis.gc?.()
      client.resume()
      await new Promise<void>((resolve) => socket.write('end', () => resolve()))
      await vi.waitUntil(() => received().length === before + length + 3)
      expect(received().slice(-3006)).toBe(`xxx${'b'.repeat(3000)}end`)
      client.pause()
    }
  })

  it('closes a socket of whose client the system knows that it is gone', async () => {
    const { socket, client, write } = await written(line)
    const failed = new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve))
    // In one turn: Node has not seen the reset yet.
    client.resetAndDestroy()
    expect(write(socket, 'a')).toBe(true)
    expect(socket.destroyed).toBe(true)
    const { message, code, syscall } = await failed
    expect([message, code, syscall]).toEqual(['write ECONNRESET', 'ECONNRESET', 'write'])
    expect(write(socket, 'b')).toBe(true)
  })

  it('closes it too where that comes out later, with the rest on its way', async () => {
    const { socket, client, write } = await written(line)
    client.pause()
    fill(write, socket)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    client.resetAndDestroy()
    await closed
    expect(write(socket, 'late')).toBe(true)
  })

  it('writes nothing to a socket that somebody has ended or destroyed', async () => {
    const { socket, write, received, client } = await written(line)
    socket.end('last')
    expect(write(socket, 'late')).toBe(true)
    const ended = new Promise((resolve) => client.once('end', resolve))
    await ended
    expect(received()).toBe('last')
    const another = await written(line)
    another.socket.destroy()
    expect(another.write(another.socket, 'late')).toBe(true)
  })

  it("keeps the socket's own time-out from firing while there are writes, and only then", async () => {
    const { socket, write } = await written(line)
    const onTimeout = vi.fn()
    socket.setTimeout(200, onTimeout)
    for (let n = 0; n < 8; n++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      write(socket, 'a')
    }
    expect(onTimeout).not.toHaveBeenCalled()
    await vi.waitUntil(() => onTimeout.mock.calls.length > 0)
  })
})
