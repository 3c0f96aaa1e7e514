// The AI SDK's way from a stream of UI message parts to a response; pulled, so that it can wait.
import { pipeUIMessageStreamToResponse } from 'ai'
import { serve } from '../servers/serve.mjs'
import { produce, workOf } from '../workload.mjs'

serve((req, res) => {
  const events = produce(workOf(req.url))
  let n = 0
  const stream = new ReadableStream({
    async pull(controller) {
      const { done, value } = await events.next()
      if (done) return controller.close()
      controller.enqueue({ type: 'data-update', id: `${++n}`, data: value, transient: true })
    },
    cancel: () => void events.return(),
  })
  pipeUIMessageStreamToResponse({ response: res, stream })
})
