import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const library = (path: string) =>
  fileURLToPath(new URL(`./packages/synapse-toon/src/${path}`, import.meta.url))

/** The suites of the whole path: sockets, browsers, other programs. */
const LONG = 'whole path'

/** So that no long suite is left over for one worker while the others have nothing to do. */
class LongSuitesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ project }: TestSpecification) => project.name === LONG
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

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
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // One for each core; by default there is one less, so on two cores none would run beside another.
    // Much of the time goes to other programs, and to waiting.
    maxWorkers: '100%',
    sequence: { sequencer: LongSuitesFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['packages/*/src/**/*.test.ts', 'packages/*/page/src/**/*.test.ts'],
          // These leave nothing behind that another file could trip over. A process for each file,
          // and all modules loaded anew, would take as long as the tests themselves.
          isolate: false,
          unstubGlobals: true,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: LONG,
          include: ['packages/*/test/**/*.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // Before all others: it builds the packages where they are stale, and others run them.
        test: { name: 'scripts', include: ['scripts/**/*.test.ts'], sequence: { groupOrder: 0 } },
      },
    ],
  },
})
