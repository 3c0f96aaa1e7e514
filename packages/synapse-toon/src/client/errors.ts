import { SynapseToonError } from '../errors.ts'
import { PayloadError } from '../wire/payload-error.ts'

/** Positions of a stream that its reader did not get. */
export interface Gap {
  /** First and last missing position. */
  readonly from: number
  readonly to: number
  /**
   * `true`: these are lost, and the stream will not count as whole. `false`: the server may have
   * merged them into the event that follows, as it does for a slow client with `slowClient: 'merge'`.
   */
  readonly lost: boolean
}

/** What an error says beside its code and message. */
interface Facts extends ErrorOptions {
  readonly [name: string]: unknown
}

/** What every failure of a stream says beside its `code`. */
export class StreamError extends SynapseToonError {
  /** Whether the same request may succeed if you send it again: this client has done its part. */
  declare readonly retryable: boolean
  /** HTTP status of the response that it is about; undefined where there was none. */
  declare readonly status: number | undefined
  /** The text of the answer so far, at most its first 262,144 characters. */
  text = ''

  constructor(code: string, message: string, facts: Facts) {
    super(`ERR_SYNAPSE_${code}`, message, facts)
    Object.assign(this, { retryable: true, status: 200 }, facts)
  }
}

/** No response came: network, name, CORS, a redirect loop, `timeouts.connect`, a failed `headers()`. */
export class ConnectError extends StreamError {
  constructor(message: string, cause?: unknown) {
    super('CONNECT', message, { cause, status: undefined })
  }
}

/** A status that is no stream. */
export class HttpStatusError extends StreamError {
  declare readonly status: number
  /** JSON where it is JSON, else the first 65,536 characters of its text. */
  declare readonly body: unknown
  /** How long the server asks to wait, in ms: `retry-after-ms` or `Retry-After`. */
  declare readonly retryAfter: number | undefined

  constructor(status: number, body: unknown, retryAfter?: number, code = 'HTTP_STATUS') {
    // [RFC 9110 §15] these say of themselves that another time may do.
    const retryable = [408, 425, 429].includes(status) || status > 499
    super(code, `status ${status}${saidBy(body)}`, { status, body, retryAfter, retryable })
  }
}

/** 410: the stream was never there or has expired. Open a new one, without `lastEventId`. */
export class GoneError extends HttpStatusError {
  constructor(body: unknown) {
    super(410, body, undefined, 'GONE')
  }
}

/** Status 200, but no event stream: a login page perhaps, or an answer that is not streamed. */
export class ContentTypeError extends StreamError {
  declare readonly contentType: string
  /** JSON where it is JSON, else the first 65,536 characters of its text. */
  declare readonly body: unknown

  constructor(contentType: string, body: unknown) {
    const message = `Content-Type must be text/event-stream, got "${contentType}"`
    super('CONTENT_TYPE', message, { contentType, body, retryable: false })
  }
}

/** Silence for too long: of the line, or of the content while the line is alive. */
export class IdleTimeoutError extends StreamError {
  declare readonly kind: 'line' | 'content'

  constructor(kind: 'line' | 'content', milliseconds: number) {
    super('IDLE_TIMEOUT', `no ${kind} in timeouts.${kind}Idle, ${milliseconds} ms`, { kind })
  }
}

/** The answer is not whole: it stopped without its end, or positions in it are lost. */
export class TruncatedStreamError extends StreamError {
  /** What is lost of it; empty where it is the rest. */
  declare readonly gaps: readonly Gap[]

  constructor(message: string, cause?: unknown, gaps: readonly Gap[] = []) {
    super('TRUNCATED', message, { cause, gaps })
  }
}

/** The server ended the stream with an error of its own. */
export class StreamFailedError extends StreamError {
  /** The server's word for it: an end reason of ours, or a provider's error code or type. */
  declare readonly reason: string
  /** The error as it was sent. */
  declare readonly data: unknown

  constructor(
    message: string,
    facts: Facts & { reason: string; retryable: boolean; data?: unknown },
  ) {
    super('STREAM_FAILED', message, facts)
  }
}

/** What came cannot be read as the protocol says. */
export class ProtocolError extends StreamError {
  constructor(message: string) {
    super('PROTOCOL', message, { retryable: false })
  }
}

/** A `PayloadError` in a stream: data not valid in its encoding, or not what `schema` asks for. */
export class StreamPayloadError extends PayloadError {
  readonly retryable = false
  readonly status = 200
  /** See `StreamError`. */
  text = ''
  /** The data as it came. */
  readonly data: string

  constructor(message: string, data: string, cause?: unknown) {
    super(message, { cause })
    this.data = data
  }
}

/** Most characters of someone else's text that a message repeats. */
const SHOWN_CHARACTERS = 200

/** What an error body says, in the shapes that are usual. */
function saidBy(body: unknown): string {
  const { error = body } = (body ?? {}) as { error?: unknown }
  const { message = error } = (error ?? {}) as { message?: unknown }
  return message && typeof message === 'string' ? `: ${message.slice(0, SHOWN_CHARACTERS)}` : ''
}
