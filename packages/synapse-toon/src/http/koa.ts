import type { ExtendableContext, Next } from 'koa'
import type { SynapseToon, SynapseToonOptions } from '../synapse-toon.ts'
import { createResponseHelpers, type ResponseHelpers } from './response-helpers.ts'

/** What the middleware adds to Koa's context. */
export type SynapseToonContext = ResponseHelpers

declare module 'koa' {
  interface ExtendableContext extends ResponseHelpers {}
}

/**
 * Koa middleware: `app.use(synapseToon())`. Return or await what `ctx.synapseToonStream` gives, so
 * that middleware in front waits for the end as it does for every other answer.
 *
 * @param toon options for a new one, or one made before with `createSynapseToon`
 */
export function synapseToon(toon: SynapseToonOptions | SynapseToon = {}) {
  const helpersFor = createResponseHelpers(toon)
  return (ctx: ExtendableContext, next: Next): Promise<unknown> => {
    // Koa answers by itself whatever has no body, with 404, unless it is told to keep out.
    const keepOut = () => {
      ctx.respond = false
    }
    Object.assign(ctx, helpersFor(ctx.req, ctx.res, keepOut))
    return next()
  }
}
