import { lastEventIdHeader } from './last-event-id.ts'

export type HeaderValues =
  | Readonly<Record<string, string>>
  | Headers
  | readonly (readonly [string, string])[]

/** Headers, or what gives them; a function is called anew for every attempt, for a fresh token. */
export type GivenHeaders = HeaderValues | (() => HeaderValues | PromiseLike<HeaderValues>)

/** `fetch`, as far as it is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface RequestPlan {
  readonly url: string
  readonly method: string
  readonly headers?: GivenHeaders | undefined
  /** A plain object or a list is sent as JSON; all else as it is: text, bytes, `FormData`, … */
  readonly body?: unknown
  /** `''` for none. */
  readonly lastEventId: string
  /** What we ask for ourselves, where the given headers do not say otherwise. */
  readonly defaults?: Readonly<Record<string, string>>
}

/** What is sent as JSON. Told by the tag: an object of another realm is not `instanceof` ours. */
const PLAIN = /t (Object|Array)]$/

/** Sends one request. Rejects as `fetch` does, or as `headers` does, and with the signal's reason. */
export async function send(
  plan: RequestPlan,
  fetch: Fetch = globalThis.fetch,
  signal: AbortSignal,
): Promise<Response> {
  const { url, method, body, lastEventId } = plan
  const given = await (typeof plan.headers === 'function' ? plan.headers() : plan.headers)
  const isPlain = PLAIN.test(Object.prototype.toString.call(body))
  const headers = new Headers(plan.defaults)
  if (isPlain) headers.set('Content-Type', 'application/json')
  for (const [name, value] of new Headers(given as Record<string, string>)) headers.set(name, value)
  if (lastEventId) headers.set('Last-Event-ID', lastEventIdHeader(lastEventId))
  signal.throwIfAborted()
  const init = {
    method,
    headers,
    signal,
    body: isPlain ? JSON.stringify(body) : body,
    // [Fetch] asked for where the body is a stream, and harmless elsewhere.
    duplex: 'half',
    // Never from a cache, nor into one [spec §9.2.2]; some wait for a stream's end before they share it.
    cache: 'no-store',
  }
  // Not as a method of anything: browsers call that illegal.
  return fetch(url, init as RequestInit)
}
