import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip } from 'node:zlib'
import type { Fetch } from 'synapse-toon/client'

/** As many as `fetch` follows [Fetch §4.4]. */
const MAX_REDIRECTS = 20

const REDIRECTS = [301, 302, 303, 307, 308]

/** [Fetch §2.2.3] statuses whose responses have no body, nor may be given one. */
const WITHOUT_BODY = [101, 103, 204, 205, 304]

/** Headers that say something of a body which is not sent on [Fetch §4.4]. */
const OF_BODY = ['content-encoding', 'content-language', 'content-location', 'content-type']

/** What another origin must not be told. */
const SECRET = ['authorization', 'cookie', 'proxy-authorization']

/** Told what comes, in the order in which it does. */
export interface HttpEvents {
  /** Bytes of a body as they were on the network: compressed, without HTTP's own framing. */
  onWireBytes(count: number): void
  /** The same without `Content-Encoding`. No more is read until it settles. */
  onBytes(bytes: Uint8Array): Promise<void> | undefined
}

/**
 * `fetch`, as far as streams need it, over `node:http`: here the bytes of the network can be counted.
 * The global one takes `Content-Encoding` off and says nothing of what it was.
 */
export function createHttpFetch(events: HttpEvents): Fetch {
  return async (given, { method = 'GET', headers, body, signal }) => {
    let url = new URL(given)
    let wanted = { method, body: body as string | undefined }
    const fields = new Headers(headers)
    if (!fields.has('accept-encoding')) fields.set('accept-encoding', 'gzip, br')
    for (let redirects = 0; ; redirects++) {
      const message = await send(url, wanted, fields, signal ?? undefined)
      const to = redirectOf(message, url)
      if (to === undefined) return responseOf(message, url, events)
      message.destroy()
      if (redirects === MAX_REDIRECTS) throw new Error(`more than ${MAX_REDIRECTS} redirects`)
      wanted = afterRedirect(message.statusCode!, wanted)
      if (wanted.body === undefined) for (const name of OF_BODY) fields.delete(name)
      if (to.origin !== url.origin) for (const name of SECRET) fields.delete(name)
      url = to
    }
  }
}

interface Wanted {
  readonly method: string
  readonly body: string | undefined
}

function send(
  url: URL,
  { method, body }: Wanted,
  fields: Headers,
  signal: AbortSignal | undefined,
): Promise<IncomingMessage> {
  const start = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const headers = Object.fromEntries(fields)
    const request = start(url, { method, headers, ...(signal && { signal }) }, resolve)
    // Stays: it fires again when the response is cut, and its reader is told there.
    request.on('error', (error) => reject(readable(error)))
    request.end(body)
  })
}

/** One of several addresses that were all tried has its words one level down. */
function readable(error: Error): Error {
  const { errors = [] } = error as AggregateError
  return error.message === '' && errors[0] instanceof Error ? errors[0] : error
}

function redirectOf({ statusCode, headers }: IncomingMessage, from: URL): URL | undefined {
  if (!REDIRECTS.includes(statusCode!) || headers.location === undefined) return undefined
  if (!URL.canParse(headers.location, from.href)) throw new Error('a redirect to no address')
  const to = new URL(headers.location, from)
  if (to.protocol === 'http:' || to.protocol === 'https:') return to
  throw new Error(`a redirect to ${to.protocol}`)
}

/** [Fetch §4.4] which requests become a GET. */
function afterRedirect(status: number, wanted: Wanted): Wanted {
  const { method } = wanted
  const isSeeOther = status === 303 && method !== 'GET' && method !== 'HEAD'
  const isMovedPost = (status === 301 || status === 302) && method === 'POST'
  return isSeeOther || isMovedPost ? { method: 'GET', body: undefined } : wanted
}

/** @throws what makes it no response of `fetch`; its line is let go of then */
function responseOf(message: IncomingMessage, url: URL, events: HttpEvents): Response {
  try {
    return toResponse(message, url, events)
  } catch (error) {
    message.destroy()
    throw error
  }
}

function toResponse(message: IncomingMessage, url: URL, events: HttpEvents): Response {
  const status = message.statusCode!
  const headers = new Headers()
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    headers.append(message.rawHeaders[at]!, message.rawHeaders[at + 1]!)
  }
  const hasBody = !WITHOUT_BODY.includes(status)
  const response = new Response(hasBody ? bodyOf(message, events) : null, { status, headers })
  if (!hasBody) message.resume()
  // A `Response` that is made does not know where it is from.
  return Object.defineProperty(response, 'url', { value: url.href })
}

/** The body without its `Content-Encoding`, read no faster than its reader takes it. */
function bodyOf(
  message: IncomingMessage,
  { onWireBytes, onBytes }: HttpEvents,
): ReadableStream<Uint8Array> {
  const codings = (message.headers['content-encoding'] ?? '').toLowerCase().split(/[\t ,]+/)
  let bytes: AsyncIterable<Uint8Array> = counted(message, onWireBytes)
  for (const coding of codings.reverse()) {
    const decoder = decoderOf(coding)
    // A failure of either is thrown to whoever reads the decoder.
    if (decoder !== undefined) bytes = pipeline(bytes, decoder, () => {})
  }
  const iterator = bytes[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done) return controller.close()
        await onBytes(value)
        controller.enqueue(value)
      },
      cancel: () => void message.destroy(),
    },
    { highWaterMark: 0 },
  )
}

async function* counted(
  message: IncomingMessage,
  onWireBytes: (count: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of message as AsyncIterable<Buffer>) {
    onWireBytes(chunk.length)
    yield chunk
  }
}

/** A stream that is cut is judged by its events, so a missing end of the coding is no error here. */
function decoderOf(coding: string) {
  if (coding === 'gzip' || coding === 'x-gzip') {
    return createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })
  }
  if (coding === 'br') {
    return createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })
  }
  if (coding === '' || coding === 'identity') return undefined
  throw new Error(`Content-Encoding ${coding} is none that was asked for (gzip, br)`)
}
