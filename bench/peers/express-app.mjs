// What Express's users write by hand: the answer of `write` is ignored.
import express from 'express'
import { announce, BACKLOG } from '../servers/serve.mjs'
import { produce, workOf } from '../workload.mjs'

export function serveExpress(middleware = (_req, _res, next) => next()) {
  const app = express()
  app.disable('x-powered-by')
  app.use(middleware)
  app.get('/', async (req, res) => {
    res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' })
    res.flushHeaders()
    let n = 0
    for await (const event of produce(workOf(req.url))) {
      if (res.destroyed) break
      res.write(`id: ${++n}\nevent: update\ndata: ${JSON.stringify(event)}\n\n`)
      // What the middleware adds: without it, nothing is sent until its buffer is full.
      res.flush?.()
    }
    res.end()
  })
  const server = app.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () =>
    announce(server.address().port),
  )
}
