/**
 * What can be read off a provider's error. The OpenAI and Anthropic SDKs carry `status` and
 * `headers` (a `Headers` or a plain object); axios and got carry `response.status`.
 */
interface UpstreamError {
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly headers?: unknown
  readonly response?: { readonly status?: unknown; readonly headers?: unknown }
}

const TOO_MANY_REQUESTS = 429

/** HTTP status that an upstream answered with; undefined when the error names none. */
export function upstreamStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { status, statusCode, response } = error as UpstreamError
  return [status, statusCode, response?.status].find(
    (value): value is number => Number.isInteger(value) && (value as number) >= 400,
  )
}

export function isRateLimited(error: unknown): boolean {
  return upstreamStatus(error) === TOO_MANY_REQUESTS
}

/** Whether the same request may succeed later: 408, 409, 429 and 5xx, as the providers' SDKs say. */
export function isRetryable(error: unknown): boolean {
  const status = upstreamStatus(error)
  if (status === undefined) return false
  return status === 408 || status === 409 || status === TOO_MANY_REQUESTS || status >= 500
}

/** [RFC 9110 §10.2.3] seconds, or an HTTP date. */
const RETRY_AFTER = /^(\d{1,9}|[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT)$/

/** The upstream's `Retry-After`, when it has one that is well formed; it goes to the client as it is. */
export function upstreamRetryAfter(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { headers, response } = error as UpstreamError
  const value = headerOf(headers, 'retry-after') ?? headerOf(response?.headers, 'retry-after')
  return value !== undefined && RETRY_AFTER.test(value) ? value : undefined
}

function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== 'object' || headers === null) return undefined
  // Not `instanceof`: each fetch library brings a `Headers` of its own.
  if (typeof (headers as Headers).get === 'function')
    return (headers as Headers).get(name) ?? undefined
  const key = Object.keys(headers).find((header) => header.toLowerCase() === name)
  const value = key === undefined ? undefined : (headers as Record<string, unknown>)[key]
  return value === undefined || value === null ? undefined : String(value)
}
