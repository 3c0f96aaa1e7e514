import type { FastifyInstance } from 'fastify'

export type Readiness = 'ready' | 'stopping' | 'log-away'

/**
 * `GET /readyz`: whether new questions should be sent here. 503 from the moment a shutdown begins,
 * and while the store of the log cannot be reached.
 */
export function readyRoute(app: FastifyInstance, readiness: () => Promise<Readiness>): void {
  app.get('/readyz', async (_request, reply) => {
    const status = await readiness()
    return reply
      .code(status === 'ready' ? 200 : 503)
      .header('Cache-Control', 'no-store')
      .send({ status })
  })
}
