import { andThen } from '../and-then.ts'
import type { Permit } from '../limits/limits.ts'
import type { MaybePromise } from '../log/log.ts'
import { ProfileEncodingError } from '../profile/profile-encoding-error.ts'
import { profileOf } from '../profile/profile-of.ts'
import { Connection } from '../stream/connection.ts'
import { type ConnectionSummary, notify } from '../stream/observer.ts'
import type { Settings } from '../stream/settings.ts'
import type { PlainAnswer, Sink } from '../stream/sink.ts'
import { releaseSource } from '../stream/source.ts'
import { streamHeaders } from '../wire/headers.ts'
import { mediaTypeOf } from './accept.ts'
import { type Ask, readAsk } from './ask.ts'
import { clientAddress } from './client-address.ts'
import {
  describeRefusal,
  earlyFailure,
  headAnswer,
  internalFailure,
  isCrossOrigin,
  nothingMore,
  refusal,
} from './plain-answers.ts'
import type { RequestView } from './request-view.ts'
import {
  findRoute,
  isNothingMore,
  isStreamRef,
  type NothingMore,
  type Route,
  type RouteInput,
} from './route.ts'
import { WholeReader } from './whole-reader.ts'

export interface ServeInput extends Omit<RouteInput, 'admit'> {
  readonly request: RequestView
  readonly sink: Sink
  /** See `clientAddress`. Default 0. */
  readonly trustProxy?: number
}

/**
 * One request, from its headers to its last byte: the only way from a framework to a stream, so
 * that no adapter has behaviour of its own. Never rejects.
 */
export function serve(given: ServeInput): MaybePromise<ConnectionSummary> {
  const { request, runtime } = given
  const { observer } = given.settings
  const startedAt = runtime.clock.now()
  const refuse = (error: unknown) => {
    notify(observer, 'refused', describeRefusal(error))
    return answer(given, refusal(request, error) ?? unexpected(request, error), startedAt)
  }
  notify(observer, 'requested', { method: request.method })
  try {
    const ask = askFor(given.settings, readAsk(request))
    if (request.method === 'HEAD') {
      return answer(given, headAnswer(request, mediaTypeOf(ask.format)), startedAt)
    }
    const sink = ask.format === 'stream' ? compressed(given) : given.sink
    // Before anything is waited for: a line that is closed has no address any more.
    const address = runtime.admission && clientAddress(request, given.trustProxy ?? 0)
    const go = (settings: Settings) => {
      const { target, transform } = given
      // Written out: a copy by `...` has a shape of its own in V8, which weighs more than what it holds.
      const input = { request, runtime, sink, settings, target, transform }
      const admit = admissionFor(input, address)
      const route = findRoute({ runtime, settings, target, transform, admit }, ask)
      return andThen(route, (found) => follow(input, ask, found, startedAt), refuse)
    }
    return andThen(withPrincipal(given), go, refuse)
  } catch (error) {
    return refuse(error)
  }
}

/** What a request is about has been found. */
function follow(
  input: ServeInput,
  ask: Ask,
  route: Route | NothingMore,
  startedAt: number,
): MaybePromise<ConnectionSummary> {
  if (isNothingMore(route)) {
    return answer(input, nothingMore(input.request, route.reason), startedAt)
  }
  if (!route.isFirst) release(input)
  return read(input, ask, route, startedAt)
}

/**
 * What is asked for, as the clients of a profile mean it.
 *
 * @throws {ProfileEncodingError}
 */
function askFor({ profile }: Settings, ask: Ask): Ask {
  if (profile === 'synapse') return ask
  // OpenAI's SDKs accept `application/json` alone, and mean a stream: they ask for it in the body,
  // which the application has read.
  const isStream = ask.format === 'stream' || (profile === 'openai' && ask.format === 'json')
  if (!isStream) return ask
  if (ask.encoding !== 'json') throw new ProfileEncodingError(profile, ask.encoding)
  return { ...ask, format: 'stream' }
}

/** @throws {NotAcceptableError} */
function compressed({ runtime, request, sink, settings }: ServeInput): Sink {
  return runtime.coding.apply(request, sink, settings.compression)
}

function withPrincipal({ settings, request }: ServeInput): MaybePromise<Settings> {
  return settings.principalOf === undefined ? settings : findPrincipal(settings, request)
}

async function findPrincipal(settings: Settings, request: RequestView): Promise<Settings> {
  return { ...settings, principal: (await settings.principalOf!(request)) || undefined }
}

/** Limits count by principal, else by client address. */
function admissionFor(
  { runtime, settings, sink }: ServeInput,
  address: string | undefined,
): (() => Promise<Permit>) | undefined {
  const { admission } = runtime
  if (admission === undefined) return undefined
  return () => admission.admit(settings.principal ?? address, () => sink.closed)
}

/** Reads the stream until its end, or the client's. */
function read(
  input: ServeInput,
  ask: Ask,
  route: Route,
  startedAt: number,
): Promise<ConnectionSummary> {
  try {
    return readFrom(input, ask, route, startedAt)
  } catch (error) {
    // Made for this request, it would never be asked, nor ended.
    if (route.isFirst) route.stream?.end('source-error', error)
    throw error
  }
}

function readFrom(
  input: ServeInput,
  ask: Ask,
  route: Route,
  startedAt: number,
): Promise<ConnectionSummary> {
  const { request, sink, settings, runtime } = input
  const { clock, wheel, flusher } = runtime
  const { format, encoding } = ask
  const { log, stream, after, isFirst } = route
  const reader =
    format === 'stream'
      ? new Connection({
          log,
          stream,
          after,
          isFirst,
          sink,
          settings,
          startedAt,
          clock,
          wheel,
          flusher,
          encoding,
          // A shutdown sends to another instance who can go on there.
          among: runtime.log.shared ? runtime.connections : undefined,
          headers: headersFor(input, ask, route),
          earlyAnswer: (ended) => earlyFailure(request, ended, settings),
        })
      : new WholeReader({
          ...route,
          sink,
          settings,
          startedAt,
          request,
          format,
          now: () => clock.now(),
        })
  // The reader first: a source that yields at once finds it there.
  reader.start()
  if (route.isFirst && route.stream?.ended === false) route.stream.start()
  return reader.done
}

function headersFor({ request, settings }: ServeInput, ask: Ask, { log, fields }: Route) {
  const { streamId } = log
  const profile = profileOf(settings)
  return streamHeaders({
    streamId,
    encoding: ask.encoding,
    keepAlive: request.keepAlive,
    location: settings.streamUrl?.(streamId),
    crossOrigin: isCrossOrigin(request),
    fields: profile === undefined ? fields : [...(fields ?? []), ...profile.headers],
  })
}

/** Answers without a stream. */
function answer(input: ServeInput, plain: PlainAnswer, startedAt: number): ConnectionSummary {
  release(input)
  const summary: ConnectionSummary = {
    status: send(input.sink, plain),
    streamId: undefined,
    reason: undefined,
    lost: undefined,
    chunks: 0,
    bytes: 0,
    ttfbMs: undefined,
    durationMs: input.runtime.clock.now() - startedAt,
    blockedMs: 0,
    resumedAfter: undefined,
  }
  notify(input.settings.observer, 'disconnected', summary)
  return summary
}

/** @returns the status, 0 where none could be sent: someone else has sent one already */
function send(sink: Sink, plain: PlainAnswer): number {
  try {
    sink.answer(plain)
    return plain.status
  } catch (error) {
    process.emitWarning(`a connection failed: ${error}`, { code: 'SYNAPSE_CONNECTION' })
    sink.destroy()
    return 0
  }
}

/** The source is not needed. One that is open already (an SDK's stream) would go on to be paid. */
function release({ target }: ServeInput): void {
  if (!isStreamRef(target)) releaseSource(target)
}

function unexpected(request: RequestView, error: unknown): PlainAnswer {
  process.emitWarning(`a request failed: ${error}`, { code: 'SYNAPSE_REQUEST' })
  return internalFailure(request)
}
