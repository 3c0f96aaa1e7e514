import { andThen } from '../and-then.ts'
import type { Permit } from '../limits/limits.ts'
import type { LogReader, MaybePromise } from '../log/log.ts'
import type { Runtime } from '../runtime.ts'
import type { EndReason } from '../stream/end-reason.ts'
import type { Settings, Transform } from '../stream/settings.ts'
import { isChunks, type Source } from '../stream/source.ts'
import type { Stream } from '../stream/stream.ts'
import { endReasonOf } from '../stream/terminal-record.ts'
import { END_SEQ, type EventPosition, isStreamId, parseEventId } from '../wire/event-id.ts'
import type { Ask } from './ask.ts'
import {
  ClosingError,
  StreamGoneError,
  StreamNotFoundError,
  WrongPositionError,
} from './http-errors.ts'
import { isSamePrincipal } from './same-principal.ts'

/** A stream that was started before. */
export interface StreamRef {
  readonly streamId: string
}

export interface RouteInput {
  readonly runtime: Runtime
  /** What to stream: a source to be started, or a stream that exists. */
  readonly target: Source<unknown> | StreamRef
  readonly transform: Transform<unknown> | undefined
  readonly settings: Settings
  /** Asks for the right to begin a stream, where there are limits. */
  readonly admit?: (() => Promise<Permit>) | undefined
}

/** The records that a request will read, and from where. */
export interface Route {
  readonly log: LogReader
  /** The producer, where it runs in this process. */
  readonly stream: Stream | undefined
  /** Position that the client has; 0 for none. */
  readonly after: number
  /** Whether this request begins the stream. */
  readonly isFirst: boolean
  /** What the limits have to say in the answer's head. */
  readonly fields?: Permit['fields']
}

/** The client has everything: there is nothing to send. */
export interface NothingMore {
  /** How the stream ended, for a client that was cut off right before it was told. */
  readonly reason: EndReason
}

/**
 * Finds the stream that a request is about, or makes it.
 *
 * @throws {RefusedError} @throws {InvalidEventIdError} before anything was started
 */
export function findRoute(input: RouteInput, ask: Ask): MaybePromise<Route | NothingMore> {
  const { target, settings, runtime } = input
  // Those who share the log have it too, and will be there longer.
  if (runtime.closing && runtime.log.shared) throw new ClosingError()
  const wanted = wantedPosition(target, ask, settings.resume)
  if (wanted === undefined) return admit(input, ask)
  return andThen(findStream(runtime, wanted, settings.principal), (found) => {
    // Without resume, a stream is only looked up to see whether it is over.
    const isWanted = settings.resume || isStreamRef(target)
    if (!isWanted && (found === undefined || !isNothingMore(found))) return admit(input, ask)
    if (found === undefined) throw new StreamGoneError(wanted.streamId)
    return found
  })
}

export function isNothingMore(route: Route | NothingMore): route is NothingMore {
  return 'reason' in route
}

export function isStreamRef(target: Source<unknown> | StreamRef): target is StreamRef {
  return typeof target === 'object' && target !== null && 'streamId' in target && !isChunks(target)
}

/** Position 0: from the start. */
function wantedPosition(
  target: Source<unknown> | StreamRef,
  ask: Ask,
  resume: boolean,
): EventPosition | undefined {
  if (isStreamRef(target)) {
    const { streamId } = target
    if (!isStreamId(streamId)) throw new StreamGoneError(streamId)
    if (ask.lastEventId === undefined) return { streamId, seq: 0 }
    const position = parseEventId(ask.lastEventId)
    if (position.streamId === streamId) return position
    throw new WrongPositionError(
      `Last-Event-ID must be of stream ${streamId}, got one of ${position.streamId}; ask that stream's own address`,
    )
  }
  if (ask.lastEventId === undefined) return undefined
  try {
    return parseEventId(ask.lastEventId)
  } catch (error) {
    // An id that the source itself gave out, where the source is to resume.
    if (!resume) return undefined
    throw error
  }
}

async function findStream(
  runtime: Runtime,
  { streamId, seq }: EventPosition,
  principal: string | undefined,
): Promise<Route | NothingMore | undefined> {
  const log = await runtime.open(streamId)
  if (log === undefined) return undefined
  if (!isSamePrincipal(log.principal, principal)) throw new StreamNotFoundError()
  const reason = log.ended ? endReasonOf(log.at(log.lastSeq)!) : undefined
  // A client may know more than the log of a producer that is gone: it has all only with that end's
  // own id.
  const isLost = reason === 'producer-lost'
  if (reason !== undefined && seq === (isLost ? END_SEQ : log.lastSeq)) return { reason }
  const mayBeAhead = isLost || (log.mayLag && seq !== END_SEQ)
  if (seq > log.lastSeq && !mayBeAhead) {
    throw new WrongPositionError(
      `Last-Event-ID must be one that stream ${streamId} has sent (up to position ${log.lastSeq}), got position ${seq}`,
    )
  }
  return { log, stream: runtime.running.get(streamId), after: seq, isFirst: false }
}

function admit(input: RouteInput, ask: Ask): MaybePromise<Route> {
  if (input.runtime.closing) throw new ClosingError()
  if (input.admit === undefined) return begin(input, ask, undefined)
  return input.admit().then((permit) => begin(input, ask, permit))
}

function begin(input: RouteInput, ask: Ask, permit: Permit | undefined): MaybePromise<Route> {
  const { runtime, settings, target, transform } = input
  const { lastEventId } = ask
  const source = target as Source<unknown>
  // A whole answer is put together from the log: it needs all records, resumable or not.
  const keepAll = settings.resume || ask.format !== 'stream'
  const created = runtime.create({ source, transform, settings, lastEventId, keepAll, permit })
  return andThen(created, (stream) => {
    return { log: stream.log, stream, after: 0, isFirst: true, fields: permit?.fields ?? [] }
  })
}
