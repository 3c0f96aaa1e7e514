import type { FastifyInstance } from 'fastify'
import type { AnswerSource } from '../sources/source.ts'

/** `GET /healthz`: that the server runs, and what answers. Does not ask the upstream. */
export function healthRoute(app: FastifyInstance, { kind, name, note }: AnswerSource): void {
  app.get('/healthz', (_request, reply) =>
    reply.header('Cache-Control', 'no-store').send({ status: 'ok', source: { kind, name, note } }),
  )
}
