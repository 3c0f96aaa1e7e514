import { Connection } from '../stream/connection.ts'
import { type ConnectionSummary, notify } from '../stream/observer.ts'
import type { PlainAnswer, Sink } from '../stream/sink.ts'
import { releaseSource } from '../stream/source.ts'
import { streamHeaders } from '../wire/headers.ts'
import { type Ask, readAsk } from './ask.ts'
import {
  earlyFailure,
  internalFailure,
  isCrossOrigin,
  nothingMore,
  refusal,
} from './plain-answers.ts'
import type { RequestView } from './request-view.ts'
import { findRoute, isStreamRef, NOTHING_MORE, type Route, type RouteInput } from './route.ts'
import { WholeReader } from './whole-reader.ts'

export interface ServeInput extends RouteInput {
  readonly request: RequestView
  readonly sink: Sink
}

/**
 * One request, from its headers to its last byte: the only way from a framework to a stream, so
 * that no adapter has behaviour of its own. Never rejects.
 */
export async function serve(input: ServeInput): Promise<ConnectionSummary> {
  const { request, runtime } = input
  const startedAt = runtime.clock.now()
  try {
    const ask = readAsk(request)
    const route = await findRoute(input, ask)
    if (route !== NOTHING_MORE) {
      if (!route.isFirst) release(input)
      return await read(input, ask, route, startedAt)
    }
    return answer(input, nothingMore(request), startedAt)
  } catch (error) {
    return answer(input, refusal(request, error) ?? unexpected(request, error), startedAt)
  }
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
  const common = { ...route, sink, settings, startedAt }
  const reader =
    format === 'stream'
      ? new Connection({
          ...common,
          clock,
          wheel,
          flusher,
          encoding,
          headers: headersFor(input, ask, route.log.streamId),
          earlyAnswer: (ended) => earlyFailure(request, ended, settings),
        })
      : new WholeReader({ ...common, request, format, now: () => clock.now() })
  // The reader first: a source that yields at once finds it there.
  reader.start()
  if (route.isFirst && route.stream?.ended === false) route.stream.start()
  return reader.done
}

function headersFor({ request, settings }: ServeInput, ask: Ask, streamId: string) {
  return streamHeaders({
    streamId,
    encoding: ask.encoding,
    keepAlive: request.keepAlive,
    location: settings.streamUrl?.(streamId),
    crossOrigin: isCrossOrigin(request),
  })
}

/** Answers without a stream. */
function answer(input: ServeInput, plain: PlainAnswer, startedAt: number): ConnectionSummary {
  release(input)
  const summary: ConnectionSummary = {
    status: send(input.sink, plain),
    streamId: undefined,
    reason: undefined,
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
