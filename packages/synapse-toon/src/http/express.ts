import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SynapseToon, SynapseToonOptions } from '../synapse-toon.ts'
import { createResponseHelpers, type ResponseHelpers } from './response-helpers.ts'

/** What the middleware adds to Express's response. */
export type SynapseToonResponse = ResponseHelpers

declare global {
  namespace Express {
    interface Response extends ResponseHelpers {}
  }
}

/**
 * Express middleware: `app.use(synapseToon())`.
 *
 * @param toon options for a new one, or one made before with `createSynapseToon`
 */
export function synapseToon(toon: SynapseToonOptions | SynapseToon = {}) {
  const helpersFor = createResponseHelpers(toon)
  return (req: IncomingMessage, res: ServerResponse, next: () => void): void => {
    Object.assign(res, helpersFor(req, res))
    next()
  }
}
