import { EventEmitter } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect, constants } from 'node:http2'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Collected, collect } from 'synapse-toon/testing'
import { onTestFinished } from 'vitest'

export interface ClientOptions {
  /** Speaks HTTP/2 over clear text. Default: HTTP/1.1, on a line that it wants to keep. */
  readonly http2?: boolean
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** False: takes the head of the answer, and no byte of its body from the network. */
  readonly reads?: boolean
}

/** A client on a real socket, that is the same to a test in HTTP/1.1 and HTTP/2. */
export interface Client {
  /** Settles when the head of the answer is there. */
  readonly head: Promise<{ readonly status: number; readonly headers: Headers }>
  /** Settles with the body when it has ended, or was cut. */
  readonly body: Promise<string>
  /** Settles when the body contains `text`; rejects when it ends before. */
  waitFor(text: string): Promise<void>
  /** Everything, as the client that people have would have understood it. */
  collect<Payload = { delta: string }>(): Promise<Collected<Payload>>
  leave(): void
}

interface Line {
  readonly answered: Promise<{ status: number; headers: IncomingHttpHeaders; body: Readable }>
  leave(): void
}

export function openClient(url: string, options: ClientOptions = {}): Client {
  const { answered, leave } = options.http2 ? openHttp2(url, options) : openHttp1(url, options)
  onTestFinished(leave)
  const news = new EventEmitter()
  let text = ''
  let isOver = false

  const body = answered.then(
    ({ body: sent, headers }) =>
      new Promise<string>((resolve) => {
        const body = headers['content-encoding'] === 'gzip' ? gunzip(sent) : sent
        // One that is cut ends with an error, which its `close` tells as well.
        body.on('error', () => {})
        body.on('close', () => {
          isOver = true
          news.emit('news')
          resolve(text)
        })
        if (options.reads === false) return
        body.setEncoding('utf8')
        body.on('data', (chunk) => {
          text += chunk
          news.emit('news')
        })
      }),
  )
  const head = answered.then(({ status, headers }) => ({ status, headers: toHeaders(headers) }))
  // A client that leaves before the head is left without either, as it wished.
  for (const promise of [head, body]) promise.catch(() => {})

  return {
    head,
    body,
    leave,
    waitFor: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (text.includes(wanted)) resolve()
          else if (isOver) reject(new Error(`ended before ${JSON.stringify(wanted)}: ${text}`))
          else news.once('news', look)
        }
        look()
      }),
    async collect() {
      const { status, headers } = await head
      return collect(new Response((await body) || null, { status, headers }))
    },
  }
}

/** What a browser does: gives out all that can be decoded of what has come. */
function gunzip(body: Readable): Readable {
  const decoder = createGunzip()
  // One that is cut is an end here too, told by `close`.
  body.on('error', () => decoder.destroy())
  body.on('close', () => decoder.end())
  return body.pipe(decoder)
}

function openHttp1(url: string, { method, headers, body }: ClientOptions): Line {
  // Without an agent the field would say `close`.
  const req = request(url, {
    method,
    agent: false,
    headers: { Connection: 'keep-alive', ...headers },
  })
  const answered = new Promise<Awaited<Line['answered']>>((resolve, reject) => {
    req.on('response', (res) =>
      resolve({ status: res.statusCode!, headers: res.headers, body: res }),
    )
    req.on('error', reject)
  })
  req.end(body)
  return { answered, leave: () => void req.destroy() }
}

function openHttp2(url: string, { method = 'GET', headers, body }: ClientOptions): Line {
  const { origin, pathname, search } = new URL(url)
  const session = connect(origin)
  const stream = session.request({ ':path': pathname + search, ':method': method, ...headers })
  const answered = new Promise<Awaited<Line['answered']>>((resolve, reject) => {
    stream.on('response', (fields) =>
      resolve({ status: fields[':status']!, headers: fields, body: stream }),
    )
    stream.on('error', reject)
    session.on('error', reject)
  })
  stream.end(body)
  return {
    answered,
    leave() {
      stream.close(constants.NGHTTP2_CANCEL)
      session.destroy()
    },
  }
}

function toHeaders(fields: IncomingHttpHeaders): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(':')) continue
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  return headers
}
