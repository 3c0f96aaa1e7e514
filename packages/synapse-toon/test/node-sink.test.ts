import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import {
  createServer,
  get,
  type IncomingMessage,
  request as openRequest,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, get as getOverTls } from 'node:https'
import { type AddressInfo, connect, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { openRawClient } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { NodeSink } from '../src/http/node-sink.ts'
import { nextTurn } from '../src/time/turn.ts'
import { listen, until } from './test-server.ts'

const run = promisify(execFile)

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

const HEADERS = [['Content-Type', 'text/event-stream']] as const

/** Every kind of text: ASCII, two, three and four bytes for a character, and lines. */
const PIECES = [
  'data: a\n\n',
  'data: é\n\n',
  'data: 漢字\r\n\r\n',
  'data: 😀\n\n',
  'x'.repeat(70_000),
]

interface Made {
  readonly sink: NodeSink
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly onDrain: () => void
  readonly onClose: (served: boolean) => void
}

/** What a handler has in its hands: a sink that is listened to, and what it writes to. */
function made(request: IncomingMessage, response: ServerResponse): Made {
  const onDrain = vi.fn()
  const onClose = vi.fn()
  const sink = new NodeSink(response)
  sink.listen({ onDrain, onClose })
  return { sink, request, response, onDrain, onClose }
}

const put = (sink: NodeSink, data: string | Uint8Array) => sink.write(data, Buffer.byteLength(data))

/** Sends texts, each in a turn of its own, and ends. */
async function sendAll(
  { sink }: Made,
  texts: readonly (string | Uint8Array)[] = PIECES,
): Promise<void> {
  sink.commit(HEADERS)
  for (const text of texts) {
    put(sink, text)
    await nextTurn()
  }
  sink.end()
}

/** A server that hands each of its responses to a test. */
async function serving(handle: (made: Made) => unknown) {
  const all: Made[] = []
  const { url, server } = await listen((request, response) => {
    const one = made(request, response)
    all.push(one)
    return handle(one)
  })
  return { url, server, all }
}

/** Takes chunked coding apart as strictly as [RFC 9112 §7.1] has it; fails on anything else. */
function dechunk(body: Buffer): { text: string; rest: string } {
  const pieces: Buffer[] = []
  let at = 0
  for (;;) {
    const sizeEnd = body.indexOf('\r\n', at)
    const size = body.toString('latin1', at, sizeEnd)
    if (!/^[0-9a-f]+$/.test(size)) throw new Error(`not a chunk size: ${JSON.stringify(size)}`)
    const start = sizeEnd + 2
    const end = start + Number.parseInt(size, 16)
    if (size === '0') {
      const trailerEnd = body.indexOf('\r\n', start)
      if (trailerEnd !== start) throw new Error('a trailer that nobody has sent')
      return { text: Buffer.concat(pieces).toString(), rest: body.toString('latin1', start + 2) }
    }
    pieces.push(body.subarray(start, end))
    if (body.toString('latin1', end, end + 2) !== '\r\n') throw new Error('a chunk without its end')
    at = end + 2
  }
}

/** Head and body of an answer as they came. */
function parts(received: string): { head: string; body: Buffer } {
  const at = received.indexOf('\r\n\r\n') + 4
  return { head: received.slice(0, at), body: Buffer.from(received.slice(at), 'latin1') }
}

/** Sends a text as it is, and gives all that comes until the line is closed. */
function exchange(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(request))
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      received += text
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}

/** What is read of an answer by Node's own client. */
function read(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (piece) => {
      text += piece
    })
    response.on('error', reject)
    response.on('end', () => resolve(text))
  })
}

describe('NodeSink over HTTP/1.1', () => {
  it('is read byte for byte by a strict reader, fetch, the client of node:http and curl', async () => {
    const { url } = await serving((one) => sendAll(one))
    const whole = PIECES.join('')

    const raw = await exchange(url, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(dechunk(parts(raw).body)).toEqual({ text: whole, rest: '' })
    expect(await (await fetch(url)).text()).toBe(whole)
    const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve))
    expect(await read(response)).toBe(whole)
    expect((await run('curl', ['-sN', url])).stdout).toBe(whole)
  })

  it('carries any texts, however they fall into turns', async () => {
    const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 50 }), { maxLength: 20 })
    let next: { texts: string[]; turns: boolean[] }
    const { url } = await serving(async ({ sink }) => {
      sink.commit(HEADERS)
      for (const [n, text] of next.texts.entries()) {
        put(sink, text)
        if (next.turns[n % next.turns.length]) await nextTurn()
      }
      sink.end()
    })
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
        async (given, turns) => {
          next = { texts: given, turns }
          const { text, rest } = await exchange(
            url,
            'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
          ).then((received) => {
            const { head, body } = parts(received)
            // Nothing was written: then the response knows its length, 0.
            if (/content-length: 0/i.test(head)) return { text: body.toString(), rest: '' }
            return dechunk(body)
          })
          expect(text).toBe(given.join(''))
          expect(rest).toBe('')
        },
      ),
      { numRuns: 60 },
    )
  })

  it('sends headers and first payload at once, and each flush with one write to the socket', async () => {
    const writes = vi.spyOn(Socket.prototype, '_write')
    // Optional for streams in general; a socket has it.
    const joined = vi.spyOn(Socket.prototype as Required<Pick<Socket, '_writev'>>, '_writev')
    onTestFinished(() => void vi.restoreAllMocks())
    const { url, all } = await serving(({ sink }) => {
      sink.commit(HEADERS)
      put(sink, 'data: first\n\n')
    })
    const client = openRawClient(url)
    const seen: string[] = []
    await client.waitFor('data: first')
    expect(client.received).toContain('HTTP/1.1 200 OK')
    const { sink, response } = all[0]!
    const ownWrites = ({ mock }: { mock: { contexts: unknown[] } }) =>
      mock.contexts.filter((socket) => socket === response.socket).length
    expect([ownWrites(writes), ownWrites(joined)]).toEqual([0, 1])
    for (const text of ['data: second\n\n', 'data: 漢\n\n', 'data: third\n\n']) {
      put(sink, text)
      seen.push(text)
      await nextTurn()
    }
    expect([ownWrites(writes), ownWrites(joined)]).toEqual([seen.length, 1])
    await client.waitFor('data: third')
    sink.end()
  })

  it('sends the headers alone at the end of the turn, when there is no payload yet', async () => {
    const { url, all } = await serving(({ sink }) => sink.commit(HEADERS))
    const client = openRawClient(url)
    await client.waitFor('\r\n\r\n')
    expect(client.status).toBe(200)
    const { sink, onClose } = all[0]!
    put(sink, 'data: later\n\n')
    await client.waitFor('later')
    sink.end()
    await client.waitFor('0\r\n\r\n')
    expect(dechunk(parts(client.received).body)).toEqual({ text: 'data: later\n\n', rest: '' })
    await until(() => vi.mocked(onClose).mock.calls.length > 0, 'the sink was told of its end')
    expect(onClose).toHaveBeenCalledExactlyOnceWith(true)
    client.leave()
  })

  it('ends once, and leaves the response as it would be', async () => {
    const events: string[] = []
    const { url, all } = await serving((one) => {
      for (const name of ['prefinish', 'finish', 'close']) {
        one.response.on(name, () => events.push(name))
      }
      return sendAll(one)
    })
    await (await fetch(url)).text()
    const { response, onClose } = all[0]!
    await until(() => events.includes('close'), 'the response was closed')
    expect(events).toEqual(['prefinish', 'finish', 'close'])
    expect(response.writableEnded).toBe(true)
    expect(response.writableFinished).toBe(true)
    expect(response.writableLength).toBe(0)
    expect(onClose).toHaveBeenCalledExactlyOnceWith(true)
  })

  it('leaves the line to the next request, which finds nothing of this one', async () => {
    const { url, all } = await serving((one) => sendAll(one))
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    let received = ''
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      received += text
    })
    for (let n = 1; n <= 3; n++) {
      received = ''
      socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await until(() => received.endsWith('\r\n0\r\n\r\n'), 'the answer was there')
      expect(dechunk(parts(received).body)).toEqual({ text: PIECES.join(''), rest: '' })
      const sockets = new Set(all.map(({ request }) => request.socket))
      expect([all.length, sockets.size]).toEqual([n, 1])
    }
    // Nothing of three streams is left on their socket.
    const [own] = all.map(({ request }) => request.socket)
    expect(own!.listenerCount('drain')).toBeLessThanOrEqual(1)
  })

  it('answers pipelined requests in order, though the later one is ready first', async () => {
    const { url } = await serving(async (one) => {
      const n = Number(one.request.url!.slice(1))
      if (n === 1) await new Promise((resolve) => setTimeout(resolve, 20))
      await sendAll(one, [`data: ${n} é\n\n`, `data: ${n} end\n\n`])
    })
    const requests = [1, 2, 3].map((n) => {
      const close = n === 3 ? 'Connection: close\r\n' : ''
      return `GET /${n} HTTP/1.1\r\nHost: a\r\n${close}\r\n`
    })
    let rest = await exchange(url, requests.join(''))
    for (const n of [1, 2, 3]) {
      expect(rest).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
      const answer = dechunk(parts(rest).body)
      expect(answer.text).toBe(`data: ${n} é\n\ndata: ${n} end\n\n`)
      rest = answer.rest
    }
    expect(rest).toBe('')
  })

  it('closes the line where the client asked for it', async () => {
    const { url } = await serving((one) => sendAll(one, ['data: é\n\n']))
    const received = await exchange(url, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(parts(received).head).toMatch(/Connection: close/i)
    expect(dechunk(parts(received).body)).toEqual({ text: 'data: é\n\n', rest: '' })
  })

  it('writes without chunks to HTTP/1.0, which knows none', async () => {
    const { url, all } = await serving((one) => sendAll(one))
    const received = await exchange(url, 'GET / HTTP/1.0\r\n\r\n')
    expect(parts(received).head).not.toMatch(/transfer-encoding/i)
    expect(parts(received).body.toString()).toBe(PIECES.join(''))
    expect((await run('curl', ['-sN', '--http1.0', url])).stdout).toBe(PIECES.join(''))
    expect(all.map(({ onClose }) => vi.mocked(onClose).mock.calls)).toEqual([[[true]], [[true]]])
  })

  it('sends no body to HEAD, and the line goes on', async () => {
    const { url } = await serving((one) => sendAll(one, ['data: x\n\n']))
    const received = await exchange(
      url,
      'HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    const { body } = parts(received)
    expect(body.toString('latin1')).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(dechunk(parts(body.toString('latin1')).body).text).toBe('data: x\n\n')
  })

  it('sends the trailers that someone has added', async () => {
    const { url } = await serving(async (one) => {
      one.response.setHeader('Trailer', 'X-Count')
      one.sink.commit(HEADERS)
      put(one.sink, 'data: é\n\n')
      await nextTurn()
      one.response.addTrailers({ 'X-Count': '1' })
      one.sink.end()
    })
    const response = await new Promise<IncomingMessage>((resolve) => get(url, resolve))
    expect(await read(response)).toBe('data: é\n\n')
    expect(response.trailers).toEqual({ 'x-count': '1' })
  })

  it('answers a body that was announced with Expect', async () => {
    const { url } = await serving((one) => sendAll(one, ['data: x\n\n']))
    const { stdout } = await run('curl', ['-sN', '-H', 'Expect: 100-continue', '-d', 'a=1', url])
    expect(stdout).toBe('data: x\n\n')
    const request = openRequest(url, { method: 'POST', headers: { Expect: '100-continue' } })
    const response = await new Promise<IncomingMessage>((resolve) => {
      request.on('response', resolve)
      request.on('continue', () => request.end('a=1'))
    })
    expect(await read(response)).toBe('data: x\n\n')
  })

  it('lets someone else write to the response, between two chunks of ours', async () => {
    const { url } = await serving(async ({ sink, response }) => {
      sink.commit(HEADERS)
      put(sink, 'a\n')
      await nextTurn()
      response.write('b é\n')
      await nextTurn()
      put(sink, 'c\n')
      response.cork()
      response.write('d')
      response.write(' d\n')
      response.uncork()
      await nextTurn()
      put(sink, 'e\n')
      sink.end()
    })
    expect(await (await fetch(url)).text()).toBe('a\nb é\nc\nd d\ne\n')
  })

  it('leaves whole what someone else writes to the response in the same turn', async () => {
    const { url } = await serving(async ({ sink, response }) => {
      sink.commit(HEADERS)
      put(sink, 'a\n')
      await nextTurn()
      for (let n = 0; n < 3; n++) {
        put(sink, `ours ${n}\n`)
        response.write(`theirs ${n}, `)
        response.write('é\n')
        put(sink, `ours too ${n}\n`)
      }
      await nextTurn()
      sink.end()
    })
    // Node 26 keeps what was written to a response to the end of the turn, and earlier ones may too.
    const lines = (await (await fetch(url)).text()).split('\n')
    const ours = [0, 1, 2].flatMap((n) => [`ours ${n}`, `ours too ${n}`])
    const theirs = [0, 1, 2].map((n) => `theirs ${n}, é`)
    expect(lines.filter((line) => line.startsWith('ours'))).toEqual(ours)
    expect(lines.filter((line) => line.startsWith('theirs'))).toEqual(theirs)
    expect(lines).toHaveLength(1 + ours.length + theirs.length + 1)
  })

  it('writes nothing once someone else has ended the response: what follows is another answer', async () => {
    const { url, all } = await serving(async (one) => {
      if (one.request.url === '/next') return sendAll(one, ['data: next\n\n'])
      one.sink.commit(HEADERS)
      put(one.sink, 'data: a\n\n')
      await nextTurn()
      one.response.end('data: theirs\n\n')
      put(one.sink, 'data: too late\n\n')
      await nextTurn()
      put(one.sink, 'data: too late\n\n')
      one.sink.end()
    })
    const received = await exchange(
      url,
      'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    const first = dechunk(parts(received).body)
    expect(first.text).toBe('data: a\n\ndata: theirs\n\n')
    expect(first.rest).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(dechunk(parts(first.rest).body)).toEqual({ text: 'data: next\n\n', rest: '' })
    expect(all[0]!.onClose).toHaveBeenCalledExactlyOnceWith(true)
  })

  it('carries bytes too, beside texts', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, n) => n)
    const { url } = await serving((one) => sendAll(one, [bytes, 'é', new Uint8Array(), bytes]))
    const whole = Buffer.concat([bytes, Buffer.from('é'), bytes])
    expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(whole)
    expect(parts(await exchange(url, 'GET / HTTP/1.0\r\n\r\n')).body).toEqual(whole)
  })

  it('never writes an empty chunk, which would be the end', async () => {
    const { url } = await serving((one) => sendAll(one, ['', 'a\n', '', 'b\n', '']))
    expect(await (await fetch(url)).text()).toBe('a\nb\n')
  })
})

/** Of 60,000 bytes: more than a socket of loopback holds. */
const LARGE_TIMES = 140

describe('NodeSink and a client that does not read', () => {
  it.each([
    ['ASCII', 'x'.repeat(60_000)],
    ['text of three bytes for a character', '漢'.repeat(20_000)],
  ])('counts unsent bytes, tells when they are taken and loses none: %s', async (_, text) => {
    let sent = 0
    const { url, all } = await serving(({ sink }) => sink.commit(HEADERS))
    const client = openRawClient(url)
    await client.waitFor('\r\n\r\n')
    client.pause()
    const { sink, response, onDrain } = all[0]!
    while (sink.unsentBytes() < 100_000) {
      const before = sink.unsentBytes()
      put(sink, text)
      sent++
      const grown = sink.unsentBytes() - before
      // Bytes of UTF-8 and their framing, or nothing where the kernel took all of it at once.
      expect([0, 60_000 + 'ea60\r\n\r\n'.length]).toContain(grown)
      await nextTurn()
    }
    // The first that was not taken at once has passed the socket's buffer by.
    expect(response.writableLength).toBe(sink.unsentBytes() - 60_008)
    const before = sink.progress()
    const unsentThen: number[] = []
    vi.mocked(onDrain).mockImplementation(() => unsentThen.push(sink.unsentBytes()))
    client.resume()
    // While it takes what it has, more comes, more than the kernel has room for.
    for (let more = 0; more < 3; more++) {
      for (let turns = 0; turns < 3; turns++) await nextTurn()
      put(sink, text.repeat(LARGE_TIMES))
      sent += LARGE_TIMES
      expect(sink.unsentBytes()).toBeGreaterThan(0)
    }
    await until(() => sink.unsentBytes() === 0, 'everything was taken')
    expect(sink.progress()).not.toBe(before)
    expect(unsentThen.at(-1)).toBe(0)
    sink.end()
    await client.waitFor('\r\n0\r\n\r\n')
    expect(dechunk(parts(client.received).body)).toEqual({ text: text.repeat(sent), rest: '' })
    client.leave()
  })

  it('is told of the room after a last small write too, which fills no buffer', async () => {
    const { url, all } = await serving(({ sink }) => sink.commit(HEADERS))
    const client = openRawClient(url)
    await client.waitFor('\r\n\r\n')
    client.pause()
    const { sink, onDrain } = all[0]!
    // Little at a time, so that what the kernel leaves over is less than the socket's own mark.
    while (sink.unsentBytes() === 0) {
      put(sink, 'x'.repeat(1000))
      await nextTurn()
    }
    // The kernel may have said no before, and taken the rest a little later.
    vi.mocked(onDrain).mockClear()
    expect(sink.unsentBytes()).toBeLessThan(2000)
    client.resume()
    await until(() => vi.mocked(onDrain).mock.calls.length > 0, 'the sink was told')
    expect(sink.unsentBytes()).toBe(0)
    client.leave()
  })

  it('ends it when it is destroyed, with the rest unsent, and takes what comes later in silence', async () => {
    const { url, all } = await serving(({ sink }) => sink.commit(HEADERS))
    const client = openRawClient(url)
    await client.waitFor('\r\n\r\n')
    client.pause()
    const { sink, onClose } = all[0]!
    while (sink.unsentBytes() < 100_000) {
      put(sink, 'x'.repeat(60_000))
      await nextTurn()
    }
    sink.destroy()
    expect(sink.closed).toBe(true)
    put(sink, 'data: late\n\n')
    sink.end()
    client.resume()
    await client.closed
    expect(client.received).not.toContain('late')
    await until(() => vi.mocked(onClose).mock.calls.length > 0, 'the sink was told')
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
  })

  it('takes writes without an error after a client that does not read has closed its half', async () => {
    const errors: unknown[] = []
    const { url, server, all } = await serving(({ sink }) => sink.commit(HEADERS))
    server.on('clientError', (error: Error) => errors.push(error))
    const port = Number(new URL(url).port)
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    onTestFinished(() => void client.destroy())
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => all.length > 0, 'the request came')
    const { sink, response, onClose } = all[0]!
    while (sink.unsentBytes() < 100_000) {
      put(sink, 'x'.repeat(60_000))
      await nextTurn()
    }
    client.end()
    // Node ends its own half then, once it is rid of what it has.
    await until(() => response.socket?.writable === false, 'the socket takes no more')
    expect(sink.closed).toBe(false)
    put(sink, 'data: late\n\n')
    let received = ''
    client.setEncoding('latin1').on('data', (text) => {
      received += text
    })
    await until(() => vi.mocked(onClose).mock.calls.length > 0, 'the sink was told')
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
    expect(received).not.toContain('late')
    expect(errors).toEqual([])
  })

  it('closes the line when the system says at once that nobody is there', async () => {
    const { url, all } = await serving(({ sink }) => {
      sink.commit(HEADERS)
      put(sink, 'data: a\n\n')
    })
    const client = connect(Number(new URL(url).port), '127.0.0.1', () => client.write(GET))
    await new Promise((resolve) => client.once('data', resolve))
    const { sink, response, onClose } = all[0]!
    const errors: Error[] = []
    response.socket!.on('error', (error) => errors.push(error))
    // In one turn: Node has not seen the reset yet when we write.
    client.resetAndDestroy()
    put(sink, 'data: b\n\n')
    expect(sink.closed).toBe(true)
    put(sink, 'data: c\n\n')
    await until(() => vi.mocked(onClose).mock.calls.length > 0, 'the sink was told')
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
    expect(errors.map((error) => (error as NodeJS.ErrnoException).code)).toEqual(['ECONNRESET'])
  })

  it('takes writes after the client has left without an error', async () => {
    const { url, all } = await serving(({ sink }) => {
      sink.commit(HEADERS)
      put(sink, 'data: a\n\n')
    })
    const client = openRawClient(url)
    await client.waitFor('data: a')
    client.leave()
    const { sink, onClose } = all[0]!
    for (let n = 0; !sink.closed; n++) {
      put(sink, `data: ${n}\n\n`)
      await nextTurn()
    }
    put(sink, 'data: late\n\n')
    await until(() => vi.mocked(onClose).mock.calls.length > 0, 'the sink was told')
    expect(onClose).toHaveBeenCalledExactlyOnceWith(false)
  })
})

describe('NodeSink over TLS', () => {
  it('is read byte for byte, and its back-pressure holds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'synapse-tls-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
    const asked =
      '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=a'
    await run('openssl', ['req', ...asked.split(' '), '-keyout', key, '-out', cert])

    const all: Made[] = []
    const server = createTlsServer(
      { key: await readFile(key), cert: await readFile(cert) },
      (request, response) => {
        const one = made(request, response)
        all.push(one)
        void sendAll(one)
      },
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const given = { host: '127.0.0.1', port, rejectUnauthorized: false, agent: false as const }
    for (let n = 0; n < 2; n++) {
      const response = await new Promise<IncomingMessage>((resolve) => getOverTls(given, resolve))
      expect(await read(response)).toBe(PIECES.join(''))
    }
    expect((await run('curl', ['-skN', '--http1.1', `https://127.0.0.1:${port}/`])).stdout).toBe(
      PIECES.join(''),
    )
    await until(
      () => all.every(({ onClose }) => vi.mocked(onClose).mock.calls.length > 0),
      'closed',
    )
    for (const { onClose } of all) expect(onClose).toHaveBeenCalledExactlyOnceWith(true)
  })
})

describe('NodeSink where something is in front of the response', () => {
  it("hands everything to the other's write, and flushes it", async () => {
    const written: unknown[] = []
    let flushed = 0
    const server = createServer((request, response) => {
      const write = response.write
      Object.assign(response, {
        write(chunk: string, encoding: BufferEncoding, onTaken: () => void) {
          written.push(chunk)
          return write.call(response, chunk, encoding, onTaken)
        },
        flush: () => flushed++,
      })
      void sendAll(made(request, response), ['data: a\n\n', 'data: é\n\n'])
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('data: a\n\ndata: é\n\n')
    expect(written).toEqual(['data: a\n\n', 'data: é\n\n'])
    expect(flushed).toBe(2)
  })
})
