import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const library = (path: string) =>
  fileURLToPath(new URL(`./packages/synapse-toon/src/${path}`, import.meta.url))

// Tests run on the sources, so that no stale build can hide a failure. The few tests that need
// the built packages (npm start, the command line) say so and use dist/.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^synapse-toon$/, replacement: library('index.ts') },
      { find: /^synapse-toon\/client$/, replacement: library('client/index.ts') },
      { find: /^synapse-toon\/react$/, replacement: library('client/react.ts') },
      { find: /^synapse-toon\/express$/, replacement: library('http/express.ts') },
      { find: /^synapse-toon\/fastify$/, replacement: library('http/fastify.ts') },
      { find: /^synapse-toon\/hono$/, replacement: library('http/hono.ts') },
      { find: /^synapse-toon\/koa$/, replacement: library('http/koa.ts') },
      { find: /^synapse-toon\/redis$/, replacement: library('redis.ts') },
      { find: /^synapse-toon\/level$/, replacement: library('level.ts') },
      { find: /^synapse-toon\/prometheus$/, replacement: library('metrics/prometheus.ts') },
      { find: /^synapse-toon\/otel$/, replacement: library('metrics/otel.ts') },
      { find: /^synapse-toon\/rag$/, replacement: library('rag/index.ts') },
      { find: /^synapse-toon\/testing$/, replacement: library('testing/index.ts') },
    ],
  },
  test: {
    include: ['packages/**/*.test.ts', 'scripts/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
