import type { EndReason } from './end-reason.ts'
import type { WireUse } from './sink.ts'
import type { LeaveReason } from './stream.ts'

/** A stream while it runs. Live: read what you need at once, do not keep it. */
export interface StreamProgress {
  readonly streamId: string
  readonly principal: string | undefined
  /** Payloads recorded so far. */
  readonly chunks: number
  /** UTF-8 bytes of their JSON. */
  readonly bytes: number
  /** Since the stream was opened, in ms. */
  readonly elapsedMs: number
}

export interface StreamSummary extends StreamProgress {
  readonly reason: EndReason
  /** What failed, where something did. May hold an upstream's words: log it, do not send it. */
  readonly error: unknown
  /** From opening to the first payload, in ms; undefined when there was none. */
  readonly firstPayloadMs: number | undefined
  /** The last `usage` that a payload carried. */
  readonly usage: unknown
}

/** One client's share of a stream. */
export interface ConnectionSummary {
  /** HTTP status of the answer; 0 when the client left before there was one. */
  readonly status: number
  /** Undefined when the request was refused before a stream was found or made. */
  readonly streamId: string | undefined
  /** Why the stream ended, or why this connection did while the stream goes on. */
  readonly reason: EndReason | undefined
  /** Why this client did not get everything; undefined when it was served to the end. */
  readonly lost: LeaveReason | undefined
  /** Payload events written to this client. */
  readonly chunks: number
  /** Bytes of frames handed to the socket. */
  readonly bytes: number
  /** What became of them on the wire; left out where they went as they are. */
  readonly wire?: WireUse
  /** From the request to the first payload byte handed to the socket, in ms. */
  readonly ttfbMs: number | undefined
  readonly durationMs: number
  /** How long this client kept us waiting for room, in ms. */
  readonly blockedMs: number
  /** Position after which a resumed connection began; undefined for a new one. */
  readonly resumedAfter: number | undefined
}

/**
 * Sees what happens to streams, for logs and metrics. All methods are optional and called in the
 * path of delivery: be quick. One that throws harms nothing; its error is reported as a warning.
 */
export interface Observer {
  /** A request came, of whatever kind: one `disconnected` follows for each. */
  requested?(request: { method: string }): void
  /** A stream was opened: its source is asked from now on. */
  opened?(stream: StreamProgress): void
  /** A connection sent its status and headers. */
  committed?(connection: { streamId: string; elapsedMs: number }): void
  /** A payload was recorded. */
  chunk?(stream: StreamProgress): void
  /** A connection has no room left and waits for its client. */
  blocked?(connection: { streamId: string; unsentBytes: number }): void
  /** A connection began behind the first event. */
  resumed?(connection: { streamId: string; after: number }): void
  /** Records were dropped before a connection could read them. */
  gap?(connection: { streamId: string; from: number; to: number }): void
  /** A request was refused: bad input, a limit, a stream that is gone or another's. */
  refused?(request: { status: number; code: string | undefined; limit: string | undefined }): void
  /** The stream ended: once for each stream. */
  ended?(summary: StreamSummary): void
  /** A connection is over: once for each. */
  disconnected?(summary: ConnectionSummary): void
}

/** Calls one method of an observer, and keeps its failure away from the stream. */
export function notify<Name extends keyof Observer>(
  observer: Observer | undefined,
  name: Name,
  event: Parameters<NonNullable<Observer[Name]>>[0],
): void {
  if (observer?.[name] === undefined) return
  try {
    const hear = observer[name] as (value: typeof event) => void
    hear.call(observer, event)
  } catch (error) {
    process.emitWarning(`observer.${name} threw: ${error}`, { code: 'SYNAPSE_OBSERVER' })
  }
}

/** One observer that tells all of them, in order; each is kept from harming the others. */
export function combineObservers(observers: readonly Observer[]): Observer {
  const names = [
    'requested',
    'opened',
    'committed',
    'chunk',
    'blocked',
    'resumed',
    'gap',
    'refused',
    'ended',
    'disconnected',
  ] as const satisfies readonly (keyof Observer)[]
  const combined: Record<string, (event: never) => void> = {}
  for (const name of names) {
    const hearing = observers.filter((observer) => observer[name] !== undefined)
    // No method where nobody listens: the path of delivery then does not even call one.
    if (hearing.length === 0) continue
    combined[name] = (event) => {
      for (const observer of hearing) notify(observer, name, event)
    }
  }
  return combined
}
