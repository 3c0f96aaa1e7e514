import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import compression from 'compression'
import express, { type ErrorRequestHandler } from 'express'
import fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import Koa from 'koa'
import { synapseToon as forExpress } from 'synapse-toon/express'
import { synapseToon as forFastify } from 'synapse-toon/fastify'
import { synapseToon as forHono } from 'synapse-toon/hono'
import { synapseToon as forKoa } from 'synapse-toon/koa'
import { onTestFinished } from 'vitest'
import { type AdapterServer, adapterSuite, EARLIER_HEADERS, errorText } from './adapter-suite.ts'
import { bridge } from './fetch-bridge.ts'
import { listen, listenH2c } from './test-server.ts'

/** Middleware in the form of Connect, which every framework on Node responses can put in front. */
const compressing = compression() as unknown as (
  req: unknown,
  res: unknown,
  next: () => void,
) => void

adapterSuite('node:http', { start: (server) => listen(nodeHandler(server)) })

adapterSuite('node:http2', { http2: true, start: (server) => listenH2c(nodeHandler(server)) })

// Express 5 speaks HTTP/1.1 only: it gives requests the prototypes of `node:http`.
adapterSuite('Express 5', { start: (server) => listen(expressApp(server)) })

adapterSuite('Fastify 5', { start: (server) => startFastify(server, fastify()) })

adapterSuite('Fastify 5, http2', {
  http2: true,
  start: (server) => startFastify(server, fastify({ http2: true }) as unknown as FastifyInstance),
})

adapterSuite('Koa 3', { start: (server) => listen(koaApp(server).callback()) })

adapterSuite('Koa 3 on node:http2', {
  http2: true,
  start: (server) => listenH2c(koaApp(server).callback()),
})

adapterSuite('Hono 4', {
  returnsResponse: true,
  start: (server) => listen(getRequestListener(honoApp(server).fetch)),
})

adapterSuite('Hono 4 on node:http2', {
  returnsResponse: true,
  http2: true,
  start: (server) => listenH2c(getRequestListener(honoApp(server).fetch) as never),
})

// A route handler of Next.js has this shape, as has `fetch` of Bun, Deno and Workers. The runtimes
// themselves are not installed. Which HTTP they speak is theirs; and nothing of a response exists
// before the handler returns it, so nothing in front can have set or wrapped something.
adapterSuite('Response, as a route handler of Next.js returns it', {
  returnsResponse: true,
  compression: false,
  earlierHeaders: false,
  start: (server) => listen(bridge(routeHandler(server), failed)),
})

function nodeHandler({ toon, route, isCompressed }: AdapterServer) {
  return (req: IncomingMessage, res: ServerResponse): void => {
    const next = () => {
      for (const [name, value] of Object.entries(EARLIER_HEADERS)) res.setHeader(name, value)
      try {
        route({
          synapseToonStream: (source, transform, options) =>
            toon.pipe(source, { ...options, transform, req, res }),
          synapseToon: (payload, status, headers) =>
            toon.json(payload, { req, res, status, headers }),
        })
      } catch (error) {
        res.statusCode = 500
        res.end(errorText(error))
      }
    }
    if (isCompressed) compressing(req, res, next)
    else next()
  }
}

function expressApp({ toon, route, isCompressed }: AdapterServer) {
  const app = express()
  if (isCompressed) app.use(compressing)
  app.use((_req, res, next) => {
    res.set(EARLIER_HEADERS)
    next()
  })
  app.use(forExpress(toon))
  app.all('/chat', (_req, res) => void route(res))
  const onError: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(500).send(errorText(error))
  }
  return app.use(onError)
}

/** @param app for HTTP/2 its type differs, in nothing that is used here */
async function startFastify({ toon, route, isCompressed }: AdapterServer, app: FastifyInstance) {
  if (isCompressed) {
    app.addHook('onRequest', ({ raw }, reply, done) => compressing(raw, reply.raw, done))
  }
  app.addHook('onRequest', async (_request, reply) => void reply.headers(EARLIER_HEADERS))
  app.setErrorHandler((error, _request, reply) => reply.code(500).send(errorText(error)))
  app.register(forFastify, toon)
  app.all('/chat', async (_request, reply) => void (await route(reply)))
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  return { url }
}

function koaApp({ toon, route, isCompressed }: AdapterServer) {
  const app = new Koa()
  if (isCompressed) {
    app.use(async ({ req, res }, next) => {
      await new Promise<void>((resolve) => compressing(req, res, resolve))
      await next()
    })
  }
  app.use(async (ctx, next) => {
    ctx.set(EARLIER_HEADERS)
    await next().catch((error) => {
      ctx.status = 500
      ctx.body = errorText(error)
    })
  })
  app.use(forKoa(toon))
  return app.use((ctx) => route(ctx))
}

function honoApp({ toon, route, isCompressed }: AdapterServer) {
  const app = new Hono()
  if (isCompressed) app.use(compress())
  app.use(async (c, next) => {
    for (const [name, value] of Object.entries(EARLIER_HEADERS)) c.header(name, value)
    await next()
  })
  app.use(forHono(toon))
  app.all('/chat', (c) => route(c.var) as Response | Promise<Response>)
  app.onError((error, c) => c.text(errorText(error), 500))
  return app
}

function routeHandler({ toon, route }: AdapterServer) {
  return (request: Request) =>
    route({
      synapseToonStream: (source, transform, options) =>
        toon.stream(source, { ...options, transform, request }),
      synapseToon: (payload, status, headers) => toon.json(payload, { request, status, headers }),
    }) as Response | Promise<Response>
}

function failed(error: unknown): Response {
  return new Response(errorText(error), { status: 500 })
}
