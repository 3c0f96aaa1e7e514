import type { Buffered } from './buffering-watch.ts'
import type { Gap } from './errors.ts'
import type { ProtocolName } from './protocol.ts'

/** `connecting` also while a reader waits to come back. `closed` is for ever. */
export type StreamState = 'connecting' | 'open' | 'closed'

/** What happens to a stream on its way. */
export type StreamStatus =
  | { readonly type: 'connecting'; readonly url: string; readonly attempt: number }
  | {
      readonly type: 'open'
      readonly protocol: ProtocolName
      readonly streamId: string | undefined
      /** Whether a response was read before. */
      readonly resumed: boolean
    }
  /** Comes back in `delay` ms; `error` is what made it. */
  | { readonly type: 'waiting'; readonly delay: number; readonly error: unknown }
  | ({ readonly type: 'gap' } & Gap)
  | ({ readonly type: 'buffered' } & Buffered)
  /** `error`: undefined where it did not fail. */
  | { readonly type: 'closed'; readonly error: unknown }

/** What was counted so far. */
export interface StreamStats {
  /** With content: handed to the reader, or waiting for it. */
  readonly events: number
  /** Of all bodies, after `Content-Encoding`, which `fetch` takes off. */
  readonly bytes: number
  /** Responses after the first. */
  readonly resumes: number
  /** Events that came again, or were pings, and were dropped. */
  readonly dropped: number
  /** Holes in the positions. */
  readonly gaps: number
  /** Attempts in a row that brought no event. */
  readonly failures: number
  /** The server's own reconnection time, in ms; undefined where it did not say. */
  readonly retry: number | undefined
  /** From the call to the first event with content, in ms; undefined before it. */
  readonly firstEventMs: number | undefined
}

/** `nothing-more`: status 204. `end-of-response`: see `Summary`. */
export type EndedBy = 'complete' | 'cancelled' | 'nothing-more' | 'end-of-response'

/** How a stream ended that did not fail. */
export interface Summary extends StreamStats {
  /**
   * `complete` and `cancelled`: its own end. `nothing-more`: status 204. `end-of-response`: a request
   * that is not sent twice was answered to its end, and nothing says where the stream has its own.
   * `left`: by `close()`, or by leaving the loop.
   */
  readonly reason: EndedBy | 'left'
  readonly streamId: string | undefined
  /** Of the last event that came. */
  readonly lastEventId: string
  /** The text of the answer, at most its first 262,144 characters. */
  readonly text: string
  /** Tokens, as the provider counts them; undefined where it did not say. */
  readonly usage: unknown
  readonly durationMs: number
}
