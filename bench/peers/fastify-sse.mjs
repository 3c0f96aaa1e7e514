import sse from '@fastify/sse'
import fastify from 'fastify'
import { announce, BACKLOG } from '../servers/serve.mjs'
import { produce, workOf } from '../workload.mjs'

const app = fastify()
await app.register(sse, { heartbeatInterval: 15_000 })
app.get('/', { sse: true }, async (request, reply) => {
  reply.sse.keepAlive()
  let n = 0
  for await (const event of produce(workOf(request.url))) {
    if (!reply.sse.isConnected) break
    await reply.sse.send({ id: `${++n}`, event: 'update', data: event })
  }
  reply.sse.close()
})
await app.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG })
announce(app.server.address().port)
