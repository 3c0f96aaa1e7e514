// The yardstick: node:http, one res.write for each event, waiting for drain.
import { once } from 'node:events'
import { produce, workOf } from '../workload.mjs'
import { serve } from './serve.mjs'

serve(async (req, res) => {
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
  })
  res.flushHeaders()
  let n = 0
  for await (const event of produce(workOf(req.url))) {
    n++
    const wantsMore = res.write(`id: ${n}\nevent: update\ndata: ${JSON.stringify(event)}\n\n`)
    if (!wantsMore && !res.destroyed) await once(res, 'drain')
  }
  res.end('event: done\ndata: {}\n\n')
})
