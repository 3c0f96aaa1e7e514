import type { PayloadEncoding } from '../wire/payload-encoding.ts'
import type { ReconnectOptions } from './backoff.ts'
import type { ProtocolName } from './protocol.ts'
import type { Fetch, GivenHeaders } from './request.ts'
import type { StandardSchema } from './standard-schema.ts'
import type { StreamStatus } from './stream-status.ts'

/** Waits after which a reader gives up, in ms; 0 switches one off. */
export interface ReadTimeouts {
  /** From the request to the head of the response. 0: none. Default 30 000. */
  readonly connect: number
  /**
   * Without a byte, heartbeats included; then the stream is resumed where it can be. 0: none.
   * Default 45 000 for our own streams, 300 000 for plain event streams, 600 000 for providers.
   */
  readonly lineIdle: number
  /**
   * Without content while the line is alive. 0: none. Default 300 000 for our own streams, none for
   * plain event streams, 600 000 for providers.
   */
  readonly contentIdle: number
}

export interface OpenStreamOptions<Payload = unknown> {
  /** Default GET, and POST where there is a `body`. Only a GET is ever sent twice. */
  readonly method?: string
  /** A plain object or a list is sent as JSON; all else as it is: text, bytes, `FormData`, … Default none. */
  readonly body?: unknown
  /** Headers, or a function that gives them, asked anew for every attempt. Default none. */
  readonly headers?: GivenHeaders
  /** Leaves the stream when it fires; whoever reads it gets its reason thrown. Default none. */
  readonly signal?: AbortSignal
  /** Event after which to go on, from an earlier reading. Default none: from the start. */
  readonly lastEventId?: string
  /**
   * How to read the stream. `auto` tells our own streams from plain event streams by the response;
   * a provider's must be named. Default `auto`.
   */
  readonly protocol?: 'auto' | ProtocolName
  /**
   * How payloads are to be written, which is asked of our own servers; what counts is what the
   * response says. `text`: payloads are the data as it is. Default: the server's, else `json`.
   */
  readonly encoding?: PayloadEncoding | 'text'
  /** Holds every payload to a schema of zod, valibot or another of Standard Schema. Default none. */
  readonly schema?: StandardSchema<Payload>
  /**
   * For a plain event stream that is an answer: the data that ends it, for example `[DONE]`. A
   * response that ends without it is truncated. Default none: a feed, to which a reader comes back.
   */
  readonly terminal?: string
  /** Silences after which to give up. */
  readonly timeouts?: Partial<ReadTimeouts>
  /** How to come back after a loss. */
  readonly reconnect?: Partial<ReconnectOptions>
  /**
   * Most characters that one event may take, an unfinished line included. A larger one ends
   * the stream. Default 67 108 864 (recorded image events have 28 million).
   */
  readonly maxEventBytes?: number
  /** Default: the global one. */
  readonly fetch?: Fetch
  /** Told what happens on the way: attempts, waits, gaps, a proxy that buffers. Default none. */
  readonly onStatus?: (status: StreamStatus) => void
}
