import type { OpenStreamOptions } from '../open-stream-options.ts'
import type { StreamEvent } from '../stream-reader.ts'

/** An address, or what gives it when a stream is started. */
export type StreamUrl = string | URL | (() => string | URL)

export interface UseSynapseStreamOptions<Payload = unknown> extends OpenStreamOptions<Payload> {
  /**
   * Asks as soon as the component is there, and again when `url` changes. Default false: `start()`
   * asks.
   */
  readonly autoStart?: boolean
  /**
   * Name in `sessionStorage` under which an answer is kept, so that a page that is reloaded goes on
   * with it and does not ask again: its address, the last event id, and the text so far, up to 524,288
   * characters; what came after them is read again. Give each question its own. Default none: not kept.
   */
  readonly storageKey?: string
  /** What a payload adds to `text`. Default: its `delta`, where that is text. */
  readonly select?: (payload: Payload) => string
  /** Most events that `events` holds, the newest. 0: none. Default 10 000. */
  readonly maxEvents?: number
  /**
   * What becomes of an answer that runs when the component goes: `leave` frees the line, and the server
   * goes on or not, as it is set up; `stop` asks it to cancel. Default `leave`.
   */
  readonly onUnmount?: 'leave' | 'stop'
}

/**
 * `idle`: nothing was asked. `connecting`: also on the way back to a stream. `cancelled`: stopped.
 * `left`: the component or the page went before the end, and there is nothing to go on from by itself.
 */
export type SynapseStreamStatus =
  | 'idle'
  | 'connecting'
  | 'open'
  | 'complete'
  | 'cancelled'
  | 'left'
  | 'error'

/** What a component shows of a stream. It does not change: another one takes its place. */
export interface StreamView<Payload = unknown> {
  /** The answer so far, that from before a reload included. */
  readonly text: string
  /** The newest ones that came since `start()`, or since the reload. */
  readonly events: readonly StreamEvent<Payload>[]
  readonly status: SynapseStreamStatus
  /** Why it failed, where `status` is `error`; where it is `open`, why `stop()` was refused. */
  readonly error: unknown
}

export interface SynapseStream<Payload = unknown> extends StreamView<Payload> {
  /**
   * Asks, with a new answer in place of the one before, which is left as by unmounting. Given a `body`,
   * with that in place of `options.body`; the event of a click is not a body.
   */
  readonly start: (body?: unknown) => void
  /**
   * Asks the server to cancel; the end then comes as an end. Where the server has named no address (yet),
   * it leaves, which is all that can be done. Never rejects: see `error`.
   */
  readonly stop: () => Promise<void>
  /**
   * Goes on with an answer that was left or has failed, after the last event that came. Does nothing for
   * one that is on its way or has ended. `error` is a `NotResumableError` where it cannot be.
   */
  readonly resume: () => void
}
