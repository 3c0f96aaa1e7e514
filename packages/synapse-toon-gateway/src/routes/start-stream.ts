import type { FastifyInstance } from 'fastify'
import type { SourceContext } from 'synapse-toon'
import { readChatBody } from './chat-request.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import type { RouteParts } from './route-parts.ts'
import { streamUrl } from './streams.ts'

/**
 * `POST /streams`: a question as for `POST /chat/stream`, whose answer is made without a reader.
 *
 * With an `Idempotency-Key`, the same question asked again is told of the same answer, in the same
 * words: 201 [draft-ietf-httpapi-idempotency-key-header §2.6], whether the first has ended or not.
 */
export function startStreamRoute(
  app: FastifyInstance,
  { source, toon, whoAsks }: RouteParts,
): void {
  app.post('/streams', async (request, reply) => {
    const messages = readChatBody(request.body)
    const key = readIdempotencyKey(request.raw)
    const open = (context: SourceContext) => source.open(messages, context)
    const options = {
      principal: await whoAsks.of(request),
      limitBy: request.ip,
      transform: (chunk: unknown) => source.transform(chunk),
    }
    const { streamId, fields } =
      key === undefined
        ? await toon.start(open, options)
        : await toon.startOnce(open, { key, fingerprint: JSON.stringify(messages) }, options)
    const url = streamUrl(streamId)
    return reply
      .code(201)
      .headers({ Location: url, 'Content-Location': url, 'Cache-Control': 'no-store' })
      .headers(Object.fromEntries(fields))
      .header('X-Synapse-TOON-Stream', streamId)
      .send({ id: streamId, url })
  })
}
