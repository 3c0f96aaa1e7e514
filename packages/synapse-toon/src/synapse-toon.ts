import { ClosingError } from './http/http-errors.ts'
import { type NodeResponse, NodeSink } from './http/node-sink.ts'
import { describeRefusal, payloadAnswer } from './http/plain-answers.ts'
import { type NodeRequest, viewNodeRequest, viewWebRequest } from './http/request-view.ts'
import { isStreamRef, type StreamRef } from './http/route.ts'
import { serve } from './http/serve.ts'
import { WebSink } from './http/web-sink.ts'
import { type By, cancelStream, inspectStream, type StreamState } from './known-streams.ts'
import { createLimits, type Limits, type LimitsOptions } from './limits/limits.ts'
import type { StreamLog } from './log/log.ts'
import { createMemoryLog } from './log/memory.ts'
import { Runtime } from './runtime.ts'
import { type Idempotency, type StartedOnce, startOnce } from './start-once.ts'
import { type ConnectionSummary, notify, type StreamSummary } from './stream/observer.ts'
import {
  DEFAULT_SETTINGS,
  InvalidOptionError,
  resolveOptions,
  wholeNumber,
} from './stream/resolve-options.ts'
import type { StreamOptions, Transform } from './stream/settings.ts'
import { assertSource, releaseSource, type Source } from './stream/source.ts'
import { type Clock, systemClock } from './time/clock.ts'

export interface SynapseToonOptions extends StreamOptions {
  /** Where records live for resume. Default: `createMemoryLog()`. */
  readonly log?: StreamLog
  /**
   * Most streams at once and starts in a time, counted in this process; or, shared by several, what
   * `createRedisLimits` gives. Default none.
   */
  readonly limits?: LimitsOptions | Limits
  /**
   * How many proxies before us are trusted to say whose request it is (`X-Forwarded-For`). 0: none;
   * the address of the line counts. Default 0.
   */
  readonly trustProxy?: number
  /**
   * Whether to go on compressing when the processor is the bottleneck: where bytes cost more than
   * time. Default `false`: text then goes as it is, until there is time again.
   */
  readonly compressWhenBusy?: boolean
  /** Default: the system's. For tests. */
  readonly clock?: Clock
}

/** For `start`: behaviour and transform. */
export interface StartOptions<Chunk> extends StreamOptions {
  /** Turns a chunk into a payload; `undefined` skips it. Default: the chunk is the payload. */
  readonly transform?: Transform<Chunk>
}

/** For `start` and `startOnce`, which have no request to look at. */
export interface StartAloneOptions<Chunk> extends StartOptions<Chunk> {
  /** Whom limits count where there is no principal: a client's address. Default: only the total. */
  readonly limitBy?: string
}

export interface FetchOptions<Chunk> extends StartOptions<Chunk> {
  /** The request to answer; without it none of its wishes (resume, encoding) can be met. */
  readonly request?: Request
}

export interface PipeOptions<Chunk> extends StartOptions<Chunk> {
  readonly req: NodeRequest
  readonly res: NodeResponse
}

export interface JsonOptions {
  readonly request?: Request
  /** Default 200. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface JsonNodeOptions extends Omit<JsonOptions, 'request'> {
  readonly req: NodeRequest
  readonly res: NodeResponse
}

/** A stream that runs on its own: hand it to `stream` or `pipe` for each client that reads it. */
export interface StreamHandle extends StreamRef {
  /** Settles when the stream has ended; never rejects. */
  readonly done: Promise<StreamSummary>
  /** What the limits have to say, for an answer's head. */
  readonly fields: readonly (readonly [string, string])[]
  /** Ends it with `cancelled`; does nothing after the end. */
  cancel(): void
}

export interface SynapseToon {
  /**
   * Streams a source as a Fetch `Response`: Hono, Next.js, Bun, Deno, Workers. Settles when the
   * status is known, that is with the first payload, a failure, or after `commitAfter`.
   *
   * @throws {InvalidOptionError} @throws {InvalidSourceError} at once, before anything is started
   */
  stream<Chunk>(target: Source<Chunk> | StreamRef, options?: FetchOptions<Chunk>): Promise<Response>
  /**
   * Streams a source to a response of `node:http` or `node:http2`. Settles when this client is
   * served or gone; never rejects.
   *
   * @throws {InvalidOptionError} @throws {InvalidSourceError} at once, before anything is started
   */
  pipe<Chunk>(
    target: Source<Chunk> | StreamRef,
    options: PipeOptions<Chunk>,
  ): Promise<ConnectionSummary>
  /**
   * Starts a source without a client: read it with `stream` or `pipe`, within `continueFor`.
   *
   * @throws {RefusedError} a limit is reached, or the server shuts down
   * @throws {InvalidOptionError} @throws {InvalidSourceError}
   */
  start<Chunk>(source: Source<Chunk>, options?: StartAloneOptions<Chunk>): Promise<StreamHandle>
  /**
   * `start`, unless this principal has started a stream under the same key in the last 24 hours:
   * then that one is named, and the source is not asked. For a request that is sent again because
   * its answer was lost (`Idempotency-Key`).
   *
   * @throws {RefusedError} as `start`; the key came with another fingerprint before
   */
  startOnce<Chunk>(
    source: Source<Chunk>,
    idempotency: Idempotency,
    options?: StartAloneOptions<Chunk>,
  ): Promise<StartedOnce>
  /**
   * How a stream is doing, wherever it runs.
   *
   * @param by the principal who asks; must be the stream's own
   * @throws {RefusedError} nobody knows it (410), or it is another's (404)
   */
  inspect(streamId: string, by?: By): Promise<StreamState>
  /**
   * Ends a running stream with `cancelled`, wherever it runs. Settles when the log has its end.
   *
   * @param by the principal who asks; must be the stream's own
   * @returns whether there was a running stream of this principal
   */
  cancel(streamId: string, by?: By): Promise<boolean>
  /** One payload as a whole answer: TOON where the client accepts it, else JSON. */
  json(payload: unknown, options?: JsonOptions): Response
  json(payload: unknown, options: JsonNodeOptions): void
  /**
   * Refuses new streams (503), gives running ones `drain` ms, then ends them with `shutdown`,
   * which tells clients to come back. With a log that others share, clients are sent to them at
   * once, and read on there what is still produced here. Settles when all have ended. Closes the log.
   *
   * @param options.drain ms. 0: ends them at once. Default 10 000.
   */
  shutdown(options?: { readonly drain?: number }): Promise<void>
}

const DEFAULT_DRAIN_MS = 10_000

/** Options of `createSynapseToon` that are not of one stream. */
const OWN_OPTIONS: readonly Exclude<keyof SynapseToonOptions, keyof StreamOptions>[] = [
  'log',
  'limits',
  'trustProxy',
  'compressWhenBusy',
  'clock',
]

/** Options of a call that are not of a stream. */
const PIPE_OPTIONS = ['transform', 'req', 'res']
const STREAM_OPTIONS = ['transform', 'request']

/** More stand before nobody: a larger number is a mistake. */
const MAX_PROXIES = 10

/**
 * Makes a streaming server part: one for each process is usual.
 *
 * @throws {InvalidOptionError} names the option, its value and what it must be
 */
export function createSynapseToon(options: SynapseToonOptions = {}): SynapseToon {
  const { limits, trustProxy = 0, compressWhenBusy = false, clock = systemClock, log } = options
  const base = resolveOptions(options, DEFAULT_SETTINGS, OWN_OPTIONS)
  wholeNumber('trustProxy', trustProxy, 0, MAX_PROXIES, 'proxies, default 0')
  if (typeof compressWhenBusy !== 'boolean') {
    throw new InvalidOptionError('compressWhenBusy', 'true or false', compressWhenBusy)
  }
  const runtime = new Runtime({
    log: log ?? createMemoryLog({ clock }),
    clock,
    limits: typeof limits === 'object' ? createLimits(limits) : limits,
    compressWhenBusy,
  })

  function prepare<Chunk>(
    target: Source<Chunk> | StreamRef,
    given: StartOptions<Chunk> | undefined,
    known: readonly string[],
  ) {
    const settings = resolveOptions(given, base, known)
    if (!isStreamRef(target as Source<unknown>)) assertSource(target)
    const transform = checkTransform(given?.transform)
    return { runtime, settings, target: target as Source<unknown> | StreamRef, transform }
  }

  function prepareStart<Chunk>(target: Source<Chunk>, given: StartAloneOptions<Chunk> = {}) {
    const { limitBy } = given
    if (limitBy !== undefined && typeof limitBy !== 'string') {
      throw new InvalidOptionError('limitBy', 'a string, for example an address', limitBy)
    }
    const { settings, transform } = prepare(target, given, ['transform', 'limitBy'])
    if (settings.principalOf !== undefined) {
      const rule = 'a string for start, which has no request to find it in'
      throw new InvalidOptionError('principal', rule, settings.principalOf)
    }
    return { settings, transform, limitBy, source: target as Source<unknown> }
  }

  /** Starts a source without a client. */
  async function begin(
    prepared: ReturnType<typeof prepareStart>,
    streamId?: string,
  ): Promise<StreamHandle> {
    const permit = await admit(prepared)
    const kept = { lastEventId: undefined, keepAll: true, permit, streamId }
    const stream = await runtime.create({ ...prepared, ...kept })
    stream.announce()
    stream.start()
    return {
      streamId: stream.streamId,
      done: stream.done,
      fields: permit?.fields ?? [],
      cancel: () => stream.end('cancelled'),
    }
  }

  async function admit({ settings, limitBy }: ReturnType<typeof prepareStart>) {
    try {
      if (runtime.closing) throw new ClosingError()
      return await runtime.admission?.admit(settings.principal ?? limitBy, () => false)
    } catch (error) {
      notify(settings.observer, 'refused', describeRefusal(error))
      throw error
    }
  }

  return {
    stream(target, given) {
      const prepared = prepare(target, given, STREAM_OPTIONS)
      const request = given?.request
      const sink = new WebSink(prepared.settings.maxBufferSize, request?.signal)
      void serve({ ...prepared, request: viewWebRequest(request), sink, trustProxy })
      return sink.response
    },

    pipe(target, given) {
      const { settings, target: source, transform } = prepare(target, given, PIPE_OPTIONS)
      const { req, res } = given
      assertNodePair(req, res)
      const sink = new NodeSink(res)
      const request = viewNodeRequest(req)
      return Promise.resolve(
        serve({ runtime, request, sink, settings, target: source, transform, trustProxy }),
      )
    },

    async start(source, given) {
      return begin(prepareStart(source, given))
    },

    async startOnce(source, idempotency, given) {
      const prepared = prepareStart(source, given)
      const start = (streamId: string) => begin(prepared, streamId)
      const { principal } = prepared.settings
      const started = await startOnce(runtime, idempotency, principal, start)
      if (!started.isNew) releaseSource(prepared.source)
      return started
    },

    inspect: (streamId, by = {}) => inspectStream(runtime, streamId, by),

    cancel: (streamId, by = {}) => cancelStream(runtime, streamId, by),

    json: ((payload: unknown, given: Partial<JsonOptions & JsonNodeOptions> = {}) => {
      const { req, res, request, status = 200, headers = {} } = given
      const view = req === undefined ? viewWebRequest(request) : viewNodeRequest(req)
      const answer = payloadAnswer(view, payload, status, Object.entries(headers))
      if (res !== undefined) return new NodeSink(res).answer(answer)
      return new Response(answer.body, { status, headers: answer.headers.map(([k, v]) => [k, v]) })
    }) as SynapseToon['json'],

    async shutdown({ drain = DEFAULT_DRAIN_MS } = {}) {
      runtime.closing = true
      if (runtime.log.shared) for (const connection of runtime.connections) connection.moveOn()
      const streams = [...runtime.running.values()]
      const endAll = () => {
        for (const stream of streams) stream.end('shutdown')
      }
      const cancelDrain = drain === 0 ? endAll() : clock.after(drain, endAll)
      await Promise.all(streams.map((stream) => stream.done))
      cancelDrain?.()
      await runtime.close()
    },
  }
}

function checkTransform<Chunk>(
  transform: Transform<Chunk> | undefined,
): Transform<unknown> | undefined {
  if (transform === undefined || typeof transform === 'function') {
    return transform as Transform<unknown> | undefined
  }
  throw new InvalidOptionError('transform', 'a function from a chunk to a payload', transform)
}

function assertNodePair(req: unknown, res: unknown): void {
  if (typeof (req as NodeRequest | undefined)?.headers !== 'object') {
    throw new InvalidOptionError('req', 'the request of node:http or node:http2', req)
  }
  if (typeof (res as NodeResponse | undefined)?.setHeader !== 'function') {
    throw new InvalidOptionError('res', 'the response of node:http or node:http2', res)
  }
}
