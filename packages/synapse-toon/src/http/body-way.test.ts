import { createServer, type IncomingMessage, type RequestListener, ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Server } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { bodyWay } from './body-way.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

function send(port: number, request: string): void {
  const socket = connect(port, '127.0.0.1', () => socket.write(request))
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
}

/** What is decided for the response to a request, once its headers were sent. */
function wayOf(
  prepare: (response: ServerResponse) => void = () => {},
  request = GET,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const onRequest: RequestListener = (_req, response) => {
      prepare(response)
      response.flushHeaders()
      resolve(bodyWay(response))
    }
    listening(createServer(onRequest)).then((port) => send(port, request), reject)
  })
}

describe('bodyWay', () => {
  it('is straight to the socket for a plain response of HTTP/1.1', async () => {
    expect(await wayOf()).toBe('chunked')
    expect(await wayOf((response) => response.setHeader('Connection', 'close'))).toBe('chunked')
  })

  it('is too for HTTP/1.0, where the end of the line is the end of the body', async () => {
    expect(await wayOf(undefined, 'GET / HTTP/1.0\r\n\r\n')).toBe('until-close')
    const keepAlive = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
    expect(await wayOf(undefined, keepAlive)).toBe('until-close')
  })

  it('is the response where its own write was replaced, in front of it or in a subclass', async () => {
    const wrap = (response: ServerResponse) => {
      const write = response.write
      response.write = ((chunk: unknown) => write.call(response, chunk, 'utf8')) as typeof write
    }
    expect(await wayOf(wrap)).toBe('wrapped')

    class Watched extends ServerResponse<IncomingMessage> {
      override write(chunk: unknown): boolean {
        return super.write(chunk)
      }
    }
    const way = await new Promise((resolve, reject) => {
      const server = createServer({ ServerResponse: Watched }, (_req, response) => {
        response.flushHeaders()
        resolve(bodyWay(response))
      })
      listening(server).then((port) => send(port, GET), reject)
    })
    expect(way).toBe('wrapped')
  })

  it('is the response while one before it on the line is not answered', async () => {
    const ways = await new Promise((resolve, reject) => {
      const seen: string[] = []
      const server = createServer((_req, response) => {
        response.flushHeaders()
        seen.push(bodyWay(response))
        if (seen.length === 2) resolve(seen)
      })
      listening(server).then((port) => send(port, GET + GET), reject)
    })
    expect(ways).toEqual(['chunked', 'queued'])
  })

  it('is the response where someone watches what is written to the socket', async () => {
    const watch = ({ socket }: ServerResponse) => {
      const write = socket!.write
      socket!.write = ((chunk: string) => write.call(socket, chunk)) as typeof write
    }
    expect(await wayOf(watch)).toBe('foreign-socket')
  })

  it('is the response where there is no body', async () => {
    expect(await wayOf(undefined, 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('no-body')
    expect(await wayOf((response) => (response.statusCode = 204))).toBe('no-body')
  })

  it('is the response where someone has framed the body already', async () => {
    expect(await wayOf((response) => response.setHeader('Content-Length', 5))).toBe('framing')
    const identity = (response: ServerResponse) =>
      response.setHeader('Transfer-Encoding', 'identity')
    expect(await wayOf(identity)).toBe('framing')
    const withLength = (response: ServerResponse) => response.setHeader('Content-Length', 5)
    expect(await wayOf(withLength, 'GET / HTTP/1.0\r\n\r\n')).toBe('framing')
  })

  it('is the response over HTTP/2', async () => {
    const way = await new Promise((resolve, reject) => {
      const server = createHttp2Server((_req, response) => {
        resolve(bodyWay(response as unknown as ServerResponse))
        response.end()
      })
      listening(server as unknown as Server).then((port) => {
        const session = connectHttp2(`http://127.0.0.1:${port}`)
        onTestFinished(() => session.destroy())
        session.request({ ':path': '/' }).resume()
      }, reject)
    })
    expect(way).toBe('http2')
  })

  it.each([
    ['Bun', () => vi.stubGlobal('process', { ...process, versions: { bun: '1.3.0' } })],
    ['Deno', () => vi.stubGlobal('process', { ...process, versions: { deno: '2.5.0' } })],
    ['a runtime without node:http', () => vi.stubGlobal('process', {})],
    ['a runtime without process', () => vi.stubGlobal('process', undefined)],
  ])('is the response in %s, which only imitates node:http', async (_, stub) => {
    vi.resetModules()
    stub()
    onTestFinished(() => void vi.unstubAllGlobals())
    const { bodyWay: there } = await import('./body-way.ts')
    vi.unstubAllGlobals()
    expect(there({} as ServerResponse)).toBe('runtime')
  })
})
