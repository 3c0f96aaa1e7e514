import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown

export interface TestServer {
  readonly url: string
  readonly server: Server | Http2Server
}

/** An HTTP/1.1 server on a free port of loopback, closed with all its sockets when the test ends. */
export async function listen(handler: Handler): Promise<TestServer> {
  const server = createServer((req, res) => void handler(req, res))
  return start(server, () => server.closeAllConnections())
}

/** The same for HTTP/2 over clear text (h2c). */
export async function listenH2c(handler: Handler): Promise<TestServer> {
  // The compatibility API: its requests and responses are those of HTTP/1.1 as far as we use them.
  const server = createHttp2Server((req, res) =>
    handler(req as unknown as IncomingMessage, res as unknown as ServerResponse),
  )
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
  })
  return start(server, () => {
    for (const session of sessions) session.destroy()
  })
}

async function start(server: Server | Http2Server, cut: () => void): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  )
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Looks until `isTrue`; fails the test, saying what it waited for, when that takes too long. */
export async function until(isTrue: () => boolean, what: string, limitMs = 5000): Promise<void> {
  const start = performance.now()
  while (!isTrue()) {
    if (performance.now() - start > limitMs) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** The JSON body of a refusal. */
export async function refusalOf(response: Response): Promise<{ error: string; code?: string }> {
  return (await response.json()) as { error: string; code?: string }
}
