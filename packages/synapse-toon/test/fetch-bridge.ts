import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

type FetchHandler = (request: Request) => Response | Promise<Response>

/**
 * What a Fetch-style runtime does around a handler (Next.js around a route, Bun, Deno and Workers
 * around `fetch`), on `node:http`: a `Request` whose signal fires when the client leaves, and a body
 * that is pulled as the network takes it.
 */
export function bridge(
  handler: FetchHandler,
  onError: (error: unknown) => Response,
): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  return async (req, res) => {
    const response = await answer(handler, toRequest(req, res)).catch(onError)
    if (res.destroyed) return
    res.writeHead(response.status, [...response.headers].flat())
    res.flushHeaders()
    if (response.body === null) return void res.end()
    // Rejects when the client has left, which is told to the body's source too.
    await pipeline(Readable.fromWeb(response.body as never), res).catch(() => {})
  }
}

async function answer(handler: FetchHandler, request: Request): Promise<Response> {
  return await handler(request)
}

function toRequest(req: IncomingMessage, res: ServerResponse): Request {
  const left = new AbortController()
  res.on('close', () => {
    if (!res.writableFinished) left.abort()
  })
  const { method = 'GET', headers, url } = req
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(`http://${headers.host}${url}`, {
    method,
    headers: headers as Record<string, string>,
    signal: left.signal,
    ...(hasBody && { body: Readable.toWeb(req), duplex: 'half' }),
  } as RequestInit)
}
