import type { FastifyInstance } from 'fastify'
import { createSynapseToon, type SynapseToon, type SynapseToonOptions } from 'synapse-toon'
import { createPrometheusObserver } from 'synapse-toon/prometheus'
import { type AppParts, createApp } from './app.ts'
import { PAGE_DIR } from './package-files.ts'
import type { Records } from './records/records.ts'
import type { Report } from './records/redis-watch.ts'
import { chatStreamRoutes } from './routes/chat-stream.ts'
import { healthRoute } from './routes/healthz.ts'
import { metricsRoute } from './routes/metrics.ts'
import { pageRoutes } from './routes/page.ts'
import { type Readiness, readyRoute } from './routes/readyz.ts'
import { startStreamRoute } from './routes/start-stream.ts'
import { streamRoutes } from './routes/streams.ts'
import type { AnswerSource } from './sources/source.ts'
import { createStreamLog } from './stream-log.ts'
import { createWhoAsks } from './who-asks.ts'

export interface ServerParts extends AppParts {
  readonly source: AnswerSource
  /** Behaviour of all streams. Default: the library's. */
  readonly streams?: SynapseToonOptions | undefined
  /** Opens the log of the streams. Default: that of `streams`, else in memory. */
  readonly openRecords?: ((report: Report) => Promise<Records>) | undefined
  /** Header in which a proxy says who asks. Default none. */
  readonly principalHeader?: string | undefined
  /** The built web page. Default: the one in this package. */
  readonly pageDir?: string
}

export interface Server {
  readonly app: FastifyInstance
  readonly toon: SynapseToon
  /** Undefined where the log is `streams.log`. */
  readonly records: Records | undefined
  /** Not ready from now on; gives running streams `drain` ms, then stops listening. Once. */
  close(drain: number): Promise<void>
}

/**
 * For the last bytes to reach their readers when the server closes, in ms. A browser's spare line,
 * opened ahead and never used, or a reader that takes nothing would otherwise be waited for.
 */
const LAST_BYTES_MS = 2_000

/** Builds the HTTP server around a source; it does not listen yet. */
export async function buildServer(parts: ServerParts): Promise<Server> {
  const { source, streams = {}, openRecords, principalHeader, pageDir = PAGE_DIR } = parts
  const { principal, observer, ...behaviour } = streams
  const app = createApp({ ...parts, trustProxy: streams.trustProxy })
  const records = await openRecords?.(app.log)
  const prometheus = createPrometheusObserver()
  const toon = createSynapseToon({
    ...behaviour,
    log: records?.log ?? streams.log,
    observer: [createStreamLog(app.log), prometheus.observer, observer ?? []].flat(),
  })
  // Named for each call: an answer that is started without a request has no place to find it in.
  const whoAsks = createWhoAsks(principal, principalHeader)
  let isStopping = false
  const readiness = async (): Promise<Readiness> => {
    if (isStopping) return 'stopping'
    return (await records?.isReady()) === false ? 'log-away' : 'ready'
  }

  healthRoute(app, source)
  readyRoute(app, readiness)
  metricsRoute(app, prometheus)
  chatStreamRoutes(app, { source, toon, whoAsks })
  startStreamRoute(app, { source, toon, whoAsks })
  streamRoutes(app, { toon, whoAsks })
  pageRoutes(app, pageDir)
  await app.ready()

  async function close(drain: number): Promise<void> {
    isStopping = true
    await toon.shutdown({ drain })
    const cutOff = setTimeout(() => app.server.closeAllConnections(), LAST_BYTES_MS)
    await app.close()
    clearTimeout(cutOff)
    await records?.close()
  }
  let closed: Promise<void> | undefined
  return {
    app,
    toon,
    records,
    close(drain) {
      closed ??= close(drain)
      return closed
    },
  }
}
