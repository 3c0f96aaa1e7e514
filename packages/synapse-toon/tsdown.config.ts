import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    client: 'src/client/index.ts',
    react: 'src/client/react.ts',
    express: 'src/http/express.ts',
    fastify: 'src/http/fastify.ts',
    hono: 'src/http/hono.ts',
    koa: 'src/http/koa.ts',
    redis: 'src/redis.ts',
    level: 'src/level.ts',
    prometheus: 'src/metrics/prometheus.ts',
    otel: 'src/metrics/otel.ts',
    rag: 'src/rag/index.ts',
    testing: 'src/testing/index.ts',
  },
  format: 'esm',
  platform: 'neutral',
  target: 'node20.19',
  dts: true,
  external: [/^node:/],
})
