import type { FastifyInstance } from 'fastify'
import type { SynapseToon } from 'synapse-toon'
import { handOver } from './hand-over.ts'
import { RequestError } from './request-error.ts'

interface StreamParams {
  readonly Params: { readonly id: string }
}

/** Address of a stream: where a client that POSTed its question resumes, or stops the answer. */
export function streamUrl(streamId: string): string {
  return `/streams/${streamId}`
}

/** `GET /streams/:id` reads an answer from the start or from `Last-Event-ID`; `DELETE` stops it. */
export function streamRoutes(app: FastifyInstance, toon: SynapseToon): void {
  app.get<StreamParams>('/streams/:id', { exposeHeadRoute: false }, (request, reply) =>
    handOver(reply, () =>
      toon.pipe({ streamId: request.params.id }, { req: request.raw, res: reply.raw, streamUrl }),
    ),
  )

  app.delete<StreamParams>('/streams/:id', async (request, reply) => {
    const { id } = request.params
    if (await toon.cancel(id)) return reply.code(204).send()
    const cure = 'the id is the value of X-Synapse-TOON-Stream, while its answer runs'
    throw new RequestError(404, `no stream ${JSON.stringify(id)} is running; ${cure}`)
  })
}
