import type { ConnectionSummary } from '../stream/observer.ts'
import type { StreamOptions, Transform } from '../stream/settings.ts'
import type { Source } from '../stream/source.ts'
import type { SynapseToon, SynapseToonOptions } from '../synapse-toon.ts'
import type { NodeResponse } from './node-sink.ts'
import type { NodeRequest } from './request-view.ts'
import type { StreamRef } from './route.ts'
import { toInstance } from './to-instance.ts'

/** What the adapters of frameworks that answer with a Node response add to it. */
export interface ResponseHelpers {
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

/**
 * Makes the helpers of each request, for one instance.
 *
 * @returns takes a request, its response, and `onHandOver`, which is told that the response is ours
 *   from now on. Not before: what `pipe` and `json` throw, they throw before they send anything, and
 *   the framework can still answer it.
 */
export function createResponseHelpers(toon: SynapseToon | SynapseToonOptions = {}) {
  const instance = toInstance(toon)
  return (req: NodeRequest, res: NodeResponse, onHandOver = () => {}): ResponseHelpers => ({
    synapseToonStream(source, transform, options) {
      const served = instance.pipe(source, { ...options, transform, req, res })
      onHandOver()
      return served
    },
    synapseToon(payload, status, headers) {
      instance.json(payload, { req, res, status, headers })
      onHandOver()
    },
  })
}
