import type { FastifyPluginCallback, FastifyReply } from 'fastify'
import type { SynapseToon, SynapseToonOptions } from '../synapse-toon.ts'
import { createResponseHelpers, type ResponseHelpers } from './response-helpers.ts'

/** What the plugin adds to Fastify's reply. */
export type SynapseToonReply = ResponseHelpers

declare module 'fastify' {
  interface FastifyReply extends ResponseHelpers {}
}

const plugin: FastifyPluginCallback<SynapseToonOptions | SynapseToon> = (app, toon, done) => {
  const helpersFor = createResponseHelpers(toon)
  const helpersOf = (reply: FastifyReply): ResponseHelpers => {
    carryHeaders(reply)
    return helpersFor(reply.request.raw, reply.raw, () => reply.hijack())
  }
  // Functions with a `this`: Fastify calls them on the reply.
  app.decorateReply('synapseToonStream', function (source, transform, options) {
    return helpersOf(this).synapseToonStream(source, transform, options)
  })
  app.decorateReply('synapseToon', function (payload, status, headers) {
    helpersOf(this).synapseToon(payload, status, headers)
  })
  done()
}

/** Fastify keeps headers (of CORS, for example) to itself until it sends, which it now never does. */
function carryHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
}

/**
 * Fastify plugin: `app.register(synapseToon)`, with options for a new one, or one made before with
 * `createSynapseToon`. The replies of all plugins get the helpers, not only those beside this one.
 */
export const synapseToon: typeof plugin = Object.assign(plugin, {
  // What the package `fastify-plugin` would set.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'synapse-toon',
  [Symbol.for('plugin-meta')]: { name: 'synapse-toon', fastify: '5.x' },
})
