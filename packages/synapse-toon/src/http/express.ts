import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ConnectionSummary } from '../stream/observer.ts'
import type { StreamOptions, Transform } from '../stream/settings.ts'
import type { Source } from '../stream/source.ts'
import { createSynapseToon, type SynapseToon, type SynapseToonOptions } from '../synapse-toon.ts'
import type { StreamRef } from './route.ts'

/** What the middleware adds to Express's response. */
export interface SynapseToonResponse {
  /**
   * Streams a source to this response (the seed's `response()->synapseToonStream()`). Settles when
   * the client is served or gone; never rejects.
   *
   * @throws {InvalidOptionError} @throws {InvalidSourceError} at once, before anything is started
   */
  synapseToonStream<Chunk>(
    source: Source<Chunk> | StreamRef,
    transform?: Transform<Chunk>,
    options?: StreamOptions,
  ): Promise<ConnectionSummary>
  /**
   * Sends one payload (the seed's `response()->synapseToon()`): TOON where the client accepts
   * `application/x-synapse-toon`, else JSON.
   *
   * @param status default 200
   * @throws {PayloadError} when JSON cannot hold the payload
   */
  synapseToon(payload: unknown, status?: number, headers?: Readonly<Record<string, string>>): void
}

declare global {
  namespace Express {
    interface Response extends SynapseToonResponse {}
  }
}

/**
 * Express middleware: `app.use(synapseToon())`.
 *
 * @param toon options for a new one, or one made before with `createSynapseToon`
 */
export function synapseToon(toon: SynapseToonOptions | SynapseToon = {}) {
  const instance = 'pipe' in toon ? toon : createSynapseToon(toon)
  return (
    req: IncomingMessage,
    res: ServerResponse & Partial<SynapseToonResponse>,
    next: () => void,
  ): void => {
    res.synapseToonStream = (source, transform, options) =>
      instance.pipe(source, { ...options, transform, req, res })
    res.synapseToon = (payload, status, headers) =>
      instance.json(payload, { req, res, status, headers })
    next()
  }
}
