import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { createSynapseToon, type SynapseToon, type SynapseToonOptions } from 'synapse-toon'
import { answerClientError, answerError, setErrorAnswers } from './http-answers.ts'
import { PAGE_DIR } from './package-files.ts'
import { chatStreamRoutes } from './routes/chat-stream.ts'
import { healthRoute } from './routes/healthz.ts'
import { pageRoutes } from './routes/page.ts'
import { streamRoutes } from './routes/streams.ts'
import type { Settings } from './settings.ts'
import type { AnswerSource } from './sources/source.ts'
import { createStreamLog } from './stream-log.ts'

export interface ServerParts {
  readonly source: AnswerSource
  readonly logLevel: Settings['logLevel']
  /** Takes the log's lines. Default: stderr. */
  readonly logStream?: { write(line: string): void }
  /** Behaviour of all streams. Default: the library's. */
  readonly streams?: SynapseToonOptions
  /** The built web page. Default: the one in this package. */
  readonly pageDir?: string
}

/** How long an idle line is kept, in ms: longer than the 60 s after which proxies drop theirs. */
const KEEP_ALIVE_MS = 75_000

/** For a request to come in, in ms. Does not count for its answer, which may take as it likes. */
const REQUEST_MS = 60_000

/**
 * Longest address and headers, in bytes: the longest message that is taken fits an EventSource's
 * address with every byte percent-encoded (3 x 32 KiB), and a longer one still gets an answer that
 * says what is wrong.
 */
const MAX_HEADER_BYTES = 131_072

/** Builds the HTTP server around a source; it does not listen yet. */
export async function buildServer(
  parts: ServerParts,
): Promise<{ readonly app: FastifyInstance; readonly toon: SynapseToon }> {
  const { source, logLevel, logStream = process.stderr, streams = {}, pageDir = PAGE_DIR } = parts
  const app = Fastify({
    logger: { level: logLevel, stream: logStream },
    // Its lines hold whole addresses, and with them what people ask; ours do not.
    logController: new LogController({ disableRequestLogging: true }),
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
  })
  const observer = [createStreamLog(app.log), streams.observer ?? []].flat()
  const toon = createSynapseToon({ ...streams, observer })
  setErrorAnswers(app)
  closeLinesWithTheServer(app)
  healthRoute(app, source)
  chatStreamRoutes(app, { source, toon })
  streamRoutes(app, toon)
  pageRoutes(app, pageDir)
  await app.ready()
  return { app, toon }
}

/**
 * Node closes the lines that are idle when a server closes, but not one that becomes idle after: a
 * slow reader's last byte would hold the process for `KEEP_ALIVE_MS` more.
 */
function closeLinesWithTheServer(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.addHook('onResponse', async (request) => {
    if (isClosing) request.raw.socket.destroySoon()
  })
}
