import { SynapseToonError } from 'synapse-toon'

/** What is known of a failed request; the library reads `status` and `headers` off the error. */
export interface UpstreamFailure {
  /** HTTP status that the upstream gave, or that a gateway gives for it. */
  readonly status?: number
  readonly headers?: Headers
  /** Parsed JSON where it is JSON, else text. */
  readonly body?: unknown
  readonly cause?: unknown
}

/** The upstream said no, or said something that cannot be read. */
export class UpstreamError extends SynapseToonError {
  readonly status: number | undefined
  readonly headers: Headers | undefined
  /** The upstream's own words: may hold anything, so never logged and never sent. */
  readonly body: unknown

  constructor(message: string, { status, headers, body, cause }: UpstreamFailure = {}) {
    super('ERR_GATEWAY_UPSTREAM', message, { cause })
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** [RFC 9110 §15.6.3] what a gateway answers for an upstream that broke off; worth another try. */
const BAD_GATEWAY = 502

/** The upstream cannot be reached. */
export class UpstreamUnreachableError extends UpstreamError {
  constructor(cause: unknown) {
    super('the upstream cannot be reached', { status: BAD_GATEWAY, cause })
  }
}

/** The upstream's body ended, cleanly or not, before the answer did. */
export class UpstreamTruncatedError extends UpstreamError {
  constructor(cause?: unknown) {
    const message = 'the upstream ended its stream before [DONE] and before every finish_reason'
    super(message, { status: BAD_GATEWAY, cause })
  }
}

/** Takes out of an upstream's words what must not be repeated: our key. */
export type Redact = (words: string) => string

/**
 * The error that an event carries: `data: {"error":…}` in the middle of a stream, or any event
 * named `error`. Undefined for an event that is none; some providers send `"error": null` along.
 */
export function errorInEvent(
  value: unknown,
  event: string,
  redact: Redact,
): UpstreamError | undefined {
  const error = (value as { error?: unknown } | null)?.error ?? undefined
  if (error === undefined && event !== 'error') return undefined
  const status = statusOf(error) ?? statusOf(value)
  const said = wordsOf(error) ?? wordsOf(value)
  const message =
    said === undefined ? 'the upstream sent an error' : `the upstream said: ${redact(said)}`
  return new UpstreamError(message, { status, body: value })
}

/** The `message` of an error in any of the shapes that are about: `{ error: { message } }` too. */
export function wordsOf(value: unknown): string | undefined {
  if (typeof value === 'string' && value !== '') return value
  if (typeof value !== 'object' || value === null) return undefined
  const { error, message } = value as { error?: unknown; message?: unknown }
  return wordsOf(error) ?? (typeof message === 'string' ? message : undefined)
}

/** Groq writes `status_code`, OpenRouter a numeric `code`, others `status`. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { status_code, status, code } = error as Record<string, unknown>
  return [status_code, status, code].find(
    (value): value is number =>
      Number.isInteger(value) && (value as number) >= 400 && (value as number) <= 599,
  )
}
