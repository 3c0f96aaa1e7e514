import type { Context, MiddlewareHandler } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import type { StreamOptions, Transform } from '../stream/settings.ts'
import type { Source } from '../stream/source.ts'
import type { SynapseToon, SynapseToonOptions } from '../synapse-toon.ts'
import { LIST_HEADERS } from './list-headers.ts'
import type { StreamRef } from './route.ts'
import { toInstance } from './to-instance.ts'

/** What the middleware adds to `c.var`. */
export interface SynapseToonVariables {
  /**
   * Streams a source as the response (the seed's `response()->synapseToonStream()`): return it.
   * Settles when the status is known.
   *
   * @throws {InvalidOptionError} @throws {InvalidSourceError} at once, before anything is started
   */
  synapseToonStream<Chunk>(
    source: Source<Chunk> | StreamRef,
    transform?: Transform<Chunk>,
    options?: StreamOptions,
  ): Promise<Response>
  /**
   * One payload as the response (the seed's `response()->synapseToon()`): TOON where the client
   * accepts `application/x-synapse-toon`, else JSON.
   *
   * @param status default 200
   * @throws {PayloadError} when JSON cannot hold the payload
   */
  synapseToon(
    payload: unknown,
    status?: number,
    headers?: Readonly<Record<string, string>>,
  ): Response
}

declare module 'hono' {
  interface ContextVariableMap extends SynapseToonVariables {}
}

/**
 * Hono middleware: `app.use(synapseToon())`.
 *
 * @param toon options for a new one, or one made before with `createSynapseToon`
 */
export function synapseToon(
  toon: SynapseToonOptions | SynapseToon = {},
): MiddlewareHandler<{ Variables: SynapseToonVariables }> {
  const instance = toInstance(toon)
  return (c, next) => {
    const request = c.req.raw
    c.set('synapseToonStream', (source, transform, options) =>
      instance
        .stream(source, { ...options, transform, request })
        .then((response) => besideEarlier(c, response)),
    )
    c.set('synapseToon', (payload, status, headers) =>
      besideEarlier(c, instance.json(payload, { request, status, headers })),
    )
    return next()
  }
}

/** Hono drops what `c.header()` has set when a handler returns a `Response` of its own. */
function besideEarlier(c: Context, { status, headers, body }: Response): Response {
  for (const [name, value] of headers) c.header(name, value, { append: LIST_HEADERS.has(name) })
  return c.newResponse(body, status as StatusCode)
}
