import type { FastifyInstance } from 'fastify'
import type { PrometheusObserver } from 'synapse-toon/prometheus'

/** `GET /metrics`: what the streams do, for Prometheus. Counts and times only. */
export function metricsRoute(
  app: FastifyInstance,
  prometheus: Pick<PrometheusObserver, 'metrics' | 'contentType'>,
): void {
  app.get('/metrics', async (_request, reply) => {
    const text = await prometheus.metrics()
    return reply.header('Cache-Control', 'no-store').type(prometheus.contentType).send(text)
  })
}
