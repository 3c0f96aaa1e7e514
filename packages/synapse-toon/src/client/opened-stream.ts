import type { StreamEvent } from './stream-reader.ts'
import type { StreamState, StreamStats, Summary } from './stream-status.ts'

/** A stream that is being read. */
export interface OpenedStream<Payload = unknown> extends AsyncIterable<StreamEvent<Payload>> {
  /** `connecting` also while it waits to come back. */
  readonly state: StreamState
  /** Of the last event that was handed out: what to pass on to go on from there, after a reload say. */
  readonly lastEventId: string
  /** Of one of our own streams, once a response has come. */
  readonly streamId: string | undefined
  readonly stats: StreamStats
  /**
   * Settles when the stream is over: rejects with what the loop over its events throws. Events that
   * nobody takes hold it up, since no more than 65,536 characters of them are read ahead.
   */
  readonly done: Promise<Summary>
  /**
   * Asks the server to end the answer, with DELETE on the stream's own address; the events that are on
   * their way still come, and then the end. Where the server named no address, leaves as `close` does.
   *
   * @throws {StreamError} the server was not reached, or would not
   */
  stop(): Promise<void>
  /** Leaves: the loop ends, the line is freed. The server is not asked for anything. */
  close(): void
  /**
   * Once: a stream is read by one. Leaving the loop closes the stream.
   *
   * @throws {TypeError} when it was asked for before
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<StreamEvent<Payload>, undefined>
}
