import Fastify, { type FastifyInstance, LogController } from 'fastify'
import { answerClientError, answerError, setErrorAnswers } from './http-answers.ts'
import type { Settings } from './settings.ts'

export interface AppParts {
  readonly logLevel: Settings['logLevel']
  /** Takes the log's lines. Default: stderr. */
  readonly logStream?: { write(line: string): void } | undefined
  /** How many proxies may say whose request it is; the library's own option. Default 0. */
  readonly trustProxy?: number | undefined
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

/** A Fastify without routes: limits of requests, answers to errors, a log without addresses. */
export function createApp(parts: AppParts): FastifyInstance {
  const { logLevel, logStream = process.stderr, trustProxy = 0 } = parts
  const app = Fastify({
    logger: { level: logLevel, stream: logStream },
    // Its lines hold whole addresses, and with them what people ask; ours do not.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: (_address, hop) => hop < trustProxy,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES },
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
  })
  setErrorAnswers(app)
  closeLinesWithTheServer(app)
  return app
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
