import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { negotiateFormat } from 'synapse-toon'
import { handOver } from './hand-over.ts'
import { RequestError } from './request-error.ts'
import type { RouteParts } from './route-parts.ts'

interface StreamParams {
  readonly Params: { readonly id: string }
}

/** Address of a stream: where a client that POSTed its question resumes, or stops the answer. */
export function streamUrl(streamId: string): string {
  return `/streams/${streamId}`
}

/**
 * `GET /streams/:id` reads an answer from the start or from `Last-Event-ID`, or, for a client that
 * wants a document, tells how it is doing and gives it whole once it has ended. `DELETE` stops it.
 * Both work on any gateway that shares the log.
 */
export function streamRoutes(
  app: FastifyInstance,
  { toon, whoAsks }: Pick<RouteParts, 'toon' | 'whoAsks'>,
): void {
  app.get<StreamParams>('/streams/:id', { exposeHeadRoute: false }, async (request, reply) => {
    const { id } = request.params
    const isDocument = (negotiateFormat(request.headers.accept) ?? 'stream') !== 'stream'
    if (isDocument && (await answerProducing(id, request, reply))) return
    const { raw: req } = request
    const options = { req, res: reply.raw, streamUrl, principal: whoAsks.option }
    await handOver(reply, () => toon.pipe({ streamId: id }, options))
  })

  /** @returns whether the answer still runs, and its state was sent */
  async function answerProducing(id: string, request: FastifyRequest, reply: FastifyReply) {
    const { state, records, bytes, readers } = await toon.inspect(id, {
      principal: await whoAsks.of(request),
    })
    if (state !== 'producing') return false
    await handOver(reply, async () =>
      toon.json(
        { id, state, records, bytes, readers },
        { req: request.raw, res: reply.raw, headers: { 'Cache-Control': 'no-store' } },
      ),
    )
    return true
  }

  app.delete<StreamParams>('/streams/:id', async (request, reply) => {
    const { id } = request.params
    const isStopped = await toon.cancel(id, { principal: await whoAsks.of(request) })
    if (isStopped) return reply.code(204).send()
    const cure = 'the id is the value of X-Synapse-TOON-Stream, while its answer runs'
    throw new RequestError(404, `no stream ${JSON.stringify(id)} is running; ${cure}`)
  })
}
