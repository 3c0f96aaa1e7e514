// The yardstick: node:http, one res.write for each event, waiting for drain.
import { produce, workOf } from '../workload.mjs'
import { serve } from './serve.mjs'

const HEARTBEAT_MS = 15_000

serve(async (req, res) => {
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-cache, no-transform',
  })
  res.flushHeaders()
  const heartbeat = setInterval(() => res.write(': ping\n'), HEARTBEAT_MS)
  let wake
  res.on('drain', () => wake?.())
  res.on('close', () => {
    clearInterval(heartbeat)
    wake?.()
  })
  let n = 0
  for await (const event of produce(workOf(req.url))) {
    n++
    const wantsMore = res.write(`id: ${n}\nevent: update\ndata: ${JSON.stringify(event)}\n\n`)
    if (!wantsMore) {
      await new Promise((resolve) => {
        wake = resolve
        if (res.destroyed) resolve()
      })
    }
    if (res.destroyed) break
  }
  res.end('event: done\ndata: {}\n\n')
})
