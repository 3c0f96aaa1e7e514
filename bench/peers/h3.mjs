import { createEventStream, H3, serve } from 'h3'
import { announce } from '../servers/serve.mjs'
import { produce, workOf } from '../workload.mjs'

const app = new H3()
app.get('/', (event) => {
  const stream = createEventStream(event)
  let isOpen = true
  stream.onClosed(() => {
    isOpen = false
  })
  const push = async () => {
    let n = 0
    for await (const payload of produce(workOf(event.req.url))) {
      if (!isOpen) break
      await stream.push({ id: `${++n}`, event: 'update', data: JSON.stringify(payload) })
    }
    await stream.close()
  }
  void push()
  return stream.send()
})
const server = serve(app, { port: 0, hostname: '127.0.0.1', silent: true, gracefulShutdown: false })
await server.ready()
announce(Number(new URL(server.url).port))
