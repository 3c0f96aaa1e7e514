import type { PayloadEncoding } from './payload-encoding.ts'

const HEADER_FORMAT = 'X-Synapse-TOON-Format'
export const HEADER_ENCODING = 'X-Synapse-TOON-Encoding'
const HEADER_STREAM = 'X-Synapse-TOON-Stream'
/** How the stream ended, on the 204 for a client that has all of it. */
export const HEADER_END = 'X-Synapse-TOON-End'
export const MEDIA_TYPE_STREAM = 'text/event-stream'
export const MEDIA_TYPE_TOON = 'application/x-synapse-toon'
export const MEDIA_TYPE_JSON = 'application/json'

/** What a script of another origin may read; set where the request has an `Origin`. */
const EXPOSED = [
  HEADER_FORMAT,
  HEADER_ENCODING,
  HEADER_STREAM,
  HEADER_END,
  'Content-Location',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
]

export interface StreamHeadersInput {
  readonly streamId: string
  readonly encoding: PayloadEncoding
  /**
   * Whether to send `Connection: keep-alive`: on HTTP/1.1, unless the client asked for `close`.
   * HTTP/2 forbids the field [RFC 9113 §8.2.2].
   */
  readonly keepAlive: boolean
  /** Address of the stream, where the application serves one. */
  readonly location?: string | undefined
  /** Whether the request came from a script of another origin (had an `Origin` header). */
  readonly crossOrigin: boolean
  /** Further ones, for example of limits. */
  readonly fields?: readonly (readonly [string, string])[] | undefined
}

/** Name and value pairs: the seed's five first, in its order and spelling, then ours. */
export function streamHeaders(input: StreamHeadersInput): [string, string][] {
  const headers: [string, string][] = [
    // No charset: event streams are always UTF-8 [spec §9.2.5], and some clients compare the text.
    ['Content-Type', MEDIA_TYPE_STREAM],
    ['Cache-Control', 'no-cache, no-transform'],
    ['X-Accel-Buffering', 'no'],
    [HEADER_FORMAT, 'streaming'],
  ]
  if (input.keepAlive) headers.push(['Connection', 'keep-alive'])
  headers.push([HEADER_ENCODING, input.encoding], [HEADER_STREAM, input.streamId])
  if (input.location !== undefined) headers.push(['Content-Location', input.location])
  headers.push(['Vary', `Accept, Accept-Encoding, ${HEADER_ENCODING}`])
  for (const [name, value] of input.fields ?? []) headers.push([name, value])
  headers.push(...crossOriginHeaders(input.crossOrigin))
  return headers
}

/** Lets a script of another origin read our headers, on answers of every status. */
export function crossOriginHeaders(crossOrigin: boolean): [string, string][] {
  return crossOrigin ? [['Access-Control-Expose-Headers', EXPOSED.join(', ')]] : []
}
