import { ClosingError } from './http/http-errors.ts'
import { type NodeResponse, NodeSink } from './http/node-sink.ts'
import { describeRefusal, payloadAnswer } from './http/plain-answers.ts'
import { type NodeRequest, viewNodeRequest, viewWebRequest } from './http/request-view.ts'
import { isStreamRef, type StreamRef } from './http/route.ts'
import { serve } from './http/serve.ts'
import { WebSink } from './http/web-sink.ts'
import { cancelStream, inspectStream } from './known-streams.ts'
import { createLimits } from './limits/limits.ts'
import { createMemoryLog } from './log/memory.ts'
import { InvalidOptionError } from './options/invalid-option-error.ts'
import { wholeNumber } from './options/whole-number.ts'
import { Runtime } from './runtime.ts'
import { startOnce } from './start-once.ts'
import { notify } from './stream/observer.ts'
import { DEFAULT_SETTINGS, resolveOptions } from './stream/resolve-options.ts'
import type { StreamOptions, Transform } from './stream/settings.ts'
import { assertSource, releaseSource, type Source } from './stream/source.ts'
import type {
  JsonNodeOptions,
  JsonOptions,
  StartAloneOptions,
  StartOptions,
  StreamHandle,
  SynapseToon,
  SynapseToonOptions,
} from './synapse-toon.ts'
import { systemClock } from './time/clock.ts'

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
