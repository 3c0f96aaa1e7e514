import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ChatMessage } from '../sources/source.ts'
import { readChatBody, readChatQuery } from './chat-request.ts'
import { handOver } from './hand-over.ts'
import type { RouteParts } from './route-parts.ts'
import { streamUrl } from './streams.ts'

/**
 * A question and its answer: `GET /chat/stream?message=` for a native EventSource, `POST` for all
 * else. A request with `Last-Event-ID` goes on with the answer that it names: the library hands
 * out what is recorded, and the source is not asked again.
 */
export function chatStreamRoutes(
  app: FastifyInstance,
  { source, toon, whoAsks }: RouteParts,
): void {
  const answer = (messages: readonly ChatMessage[], request: FastifyRequest, reply: FastifyReply) =>
    handOver(reply, () =>
      toon.pipe((context) => source.open(messages, context), {
        req: request.raw,
        res: reply.raw,
        transform: (chunk) => source.transform(chunk),
        streamUrl,
        principal: whoAsks.option,
      }),
    )

  // No HEAD, which Fastify adds by itself: it would ask the source, and pay, for an answer that
  // nobody reads.
  app.get('/chat/stream', { exposeHeadRoute: false }, (request, reply) =>
    answer(readChatQuery(request.query), request, reply),
  )
  app.post('/chat/stream', (request, reply) => answer(readChatBody(request.body), request, reply))
}
