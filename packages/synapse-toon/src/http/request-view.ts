import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Requester } from '../stream/settings.ts'

/** What we read of a request, wherever it came from. */
export interface RequestView extends Requester {
  /** Whether the line outlives this request, as HTTP/1.1 does unless one side says `close`. */
  readonly keepAlive: boolean
}

export type NodeRequest = IncomingMessage | Http2ServerRequest

export function viewNodeRequest(request: NodeRequest): RequestView {
  return new NodeRequestView(request)
}

/** A class: one request costs no closures, and nothing is looked up that nobody asks for. */
class NodeRequestView implements RequestView {
  readonly #request: NodeRequest

  constructor(request: NodeRequest) {
    this.#request = request
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  /** Undefined too once the line is closed. */
  get address(): string | undefined {
    return this.#request.socket?.remoteAddress
  }

  get keepAlive(): boolean {
    const { httpVersion, headers } = this.#request
    return httpVersion === '1.1' && !/\bclose\b/i.test(headers.connection ?? '')
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }

  query(name: string): string | undefined {
    return queryParameter(this.#request.url ?? '', name)
  }
}

/** @param request undefined: a call outside of any request, as in a test */
export function viewWebRequest(request: Request | undefined): RequestView {
  return {
    method: request?.method ?? 'GET',
    address: undefined,
    // A `Response` is turned into a message by its runtime, which drops the field where HTTP/2
    // forbids it.
    keepAlive: true,
    header: (name) => request?.headers.get(name) ?? undefined,
    query: (name) => queryParameter(request?.url ?? '', name),
  }
}

function queryParameter(url: string, name: string): string | undefined {
  const start = url.indexOf('?')
  // Most requests have no query, and need no parser.
  if (start === -1) return undefined
  return new URLSearchParams(url.slice(start + 1)).get(name) ?? undefined
}
