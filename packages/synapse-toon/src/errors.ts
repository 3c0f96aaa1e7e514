/**
 * What every error of this library has: a stable `code` to branch on. Messages are for people and
 * may change; codes do not.
 */
export class SynapseToonError extends Error {
  /** Stable, machine-readable kind, for example `ERR_SYNAPSE_INVALID_OPTION`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** A request that is answered with an HTTP error before anything is streamed. */
export class RefusedError extends SynapseToonError {
  readonly status: number
  /** Seconds after which the same request may succeed. */
  readonly retryAfter: number | undefined
  /** Further headers of the answer. */
  readonly fields: readonly (readonly [string, string])[] = []

  constructor(code: string, status: number, message: string, retryAfter?: number) {
    super(code, message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** Shows any value in an error message, short and on one line. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return clip(JSON.stringify(value))
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`
  if (typeof value === 'object' && value !== null) {
    const kind = Object.getPrototypeOf(value)?.constructor?.name ?? 'object'
    return kind === 'Object'
      ? `an object with keys [${clip(Object.keys(value).join(', '))}]`
      : `an instance of ${kind}`
  }
  return String(value)
}

/** Longest part of a value that an error message repeats, in characters: enough to recognise it. */
const SHOWN_CHARACTERS = 60

function clip(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
}
