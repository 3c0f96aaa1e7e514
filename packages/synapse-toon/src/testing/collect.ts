import { Buffer } from 'node:buffer'
import { brotliDecompressSync } from 'node:zlib'
import { decodePayload } from '../wire/decode-payload.ts'
import { HEADER_ENCODING } from '../wire/headers.ts'
import { createEventStreamParser, type ParsedEvent } from '../wire/parser.ts'
import { type PayloadEncoding, parsePayloadEncoding } from '../wire/payload-encoding.ts'

/** Everything that a client got. */
export interface Collected<Payload = unknown> {
  readonly status: number
  readonly headers: Headers
  /** Events in order, the terminal one included. */
  readonly events: readonly ParsedEvent[]
  /** Decoded data of the `update` events. */
  readonly payloads: readonly Payload[]
  /** The payloads' `delta`s, put together. */
  readonly text: string
  /** The terminal frame; undefined when the stream was cut. */
  readonly end:
    | { readonly event: 'done' | 'error'; readonly data: Record<string, unknown> }
    | undefined
  readonly comments: readonly string[]
  /** `retry` fields, in ms. */
  readonly retries: readonly number[]
  /** Bytes of the body. */
  readonly bytes: number
  /** Whether the body broke off with a network error. */
  readonly broken: boolean
}

/**
 * Reads a response to its end, whatever end that is: for tests, which look at what came.
 *
 * @param response of `fetch`, or made by `stream`
 */
export async function collect<Payload = { delta: string }>(
  response: Response | PromiseLike<Response>,
): Promise<Collected<Payload>> {
  const { status, headers, body } = await response
  const encoding = parsePayloadEncoding(headers.get(HEADER_ENCODING) ?? 'json')
  const events: ParsedEvent[] = []
  const comments: string[] = []
  const retries: number[] = []
  const parser = createEventStreamParser({
    onEvent: (event) => events.push(event),
    onComment: (text) => comments.push(text),
    onRetry: (milliseconds) => retries.push(milliseconds),
  })
  const { bytes, broken } = await readAll(body, (chunk) => parser.feed(chunk))
  parser.end()
  const payloads = events
    .filter(({ event }) => event === 'update')
    .map(({ data }) => decodeAny(data, encoding) as Payload)
  const last = events.at(-1)
  const isEnd = last?.event === 'done' || last?.event === 'error'
  return {
    status,
    headers,
    events,
    payloads,
    text: payloads.map((payload) => (payload as { delta?: string }).delta ?? '').join(''),
    end: isEnd
      ? {
          event: last.event as 'done' | 'error',
          data: decodeAny(last.data, encoding) as Record<string, unknown>,
        }
      : undefined,
    comments,
    retries,
    bytes,
    broken,
  }
}

async function readAll(
  body: ReadableStream<Uint8Array> | null,
  onChunk: (chunk: Uint8Array) => void,
): Promise<{ bytes: number; broken: boolean }> {
  let bytes = 0
  if (body === null) return { bytes, broken: false }
  const reader = body.getReader()
  while (true) {
    const step = await reader.read().catch(() => undefined)
    if (step === undefined) return { bytes, broken: true }
    if (step.done) return { bytes, broken: false }
    bytes += step.value.length
    onChunk(step.value)
  }
}

/** As `decodePayload`, and the one encoding that needs more than web APIs. */
export function decodeAny(data: string, encoding: PayloadEncoding): unknown {
  if (encoding !== 'br') return decodePayload(data, encoding)
  return JSON.parse(brotliDecompressSync(Buffer.from(data, 'base64')).toString('utf8'))
}
