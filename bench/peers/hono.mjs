import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { announce } from '../servers/serve.mjs'
import { produce, workOf } from '../workload.mjs'

const app = new Hono()
app.get('/', (c) =>
  streamSSE(c, async (stream) => {
    let n = 0
    for await (const event of produce(workOf(c.req.url))) {
      if (stream.aborted) break
      await stream.writeSSE({ data: JSON.stringify(event), event: 'update', id: `${++n}` })
    }
  }),
)
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => announce(port))
