import { createSession } from 'better-sse'
import { serve } from '../servers/serve.mjs'
import { produce, workOf } from '../workload.mjs'

serve(async (req, res) => {
  const session = await createSession(req, res, { keepAlive: 15_000 })
  let n = 0
  for await (const event of produce(workOf(req.url))) {
    if (!session.isConnected) break
    session.push(event, 'update', `${++n}`)
  }
  res.end()
})
