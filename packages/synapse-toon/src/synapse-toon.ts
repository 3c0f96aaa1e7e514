import type { NodeResponse } from './http/node-sink.ts'
import type { NodeRequest } from './http/request-view.ts'
import type { StreamRef } from './http/route.ts'
import type { By, StreamState } from './known-streams.ts'
import type { Limits, LimitsOptions } from './limits/limits.ts'
import type { StreamLog } from './log/log.ts'
import type { Idempotency, StartedOnce } from './start-once.ts'
import type { ConnectionSummary, StreamSummary } from './stream/observer.ts'
import type { StreamOptions, Transform } from './stream/settings.ts'
import type { Source } from './stream/source.ts'
import type { Clock } from './time/clock.ts'

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
