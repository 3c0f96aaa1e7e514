import type { CompressionState } from '../compress/back-off.ts'
import type { ContentEncoding } from '../compress/content-encoding.ts'

/** A whole HTTP answer that is not a stream. */
export interface PlainAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** What was made of the bytes of a stream on their way. */
export interface WireUse {
  readonly encoding: ContentEncoding
  /** Whether it compresses now, and if not, why. */
  readonly state: CompressionState
  /** Handed on, after compression. */
  readonly bytes: number
}

/** What a sink tells its connection. */
export interface SinkEvents {
  /** The network took something: there may be room again. */
  onDrain(): void
  /** The line is closed; `served`: everything that was written has been handed to the network. */
  onClose(served: boolean): void
}

export interface ChunkTaker {
  /** @param chunk a whole one [RFC 9112 §7.1], or nothing; nobody else writes to it */
  writeChunk(chunk: Uint8Array): void
}

/**
 * The way to one client: a Node response or a Web stream. It knows nothing of records.
 * After `onClose` every call does nothing.
 */
export interface Sink {
  /** Whether the client has gone already. */
  readonly closed: boolean
  /** Left out, or undefined, where bytes go as they are. */
  readonly wire?: WireUse | undefined
  /** Instead of `write`, once the body goes out in chunks of HTTP/1.1: what makes bytes frames them. */
  readonly chunks?: ChunkTaker | undefined
  listen(events: SinkEvents): void
  /** Sends status 200 and these headers; with the first `write` of the same turn where possible. */
  commit(headers: readonly (readonly [string, string])[]): void
  /** Instead of `commit`: answers and ends. */
  answer(answer: PlainAnswer): void
  /**
   * Hands text on, or bytes that nobody else writes to. `onDrain` follows when the network has
   * taken it.
   *
   * @param bytes their number; of text, in UTF-8
   * @returns false when the sink wants no more until then
   */
  write(data: string | Uint8Array, bytes: number): boolean
  /** Bytes written that the network has not taken. */
  unsentBytes(): number
  /** A number that changes when the network takes bytes, even when `unsentBytes` does not tell. */
  progress(): number
  /** Ends after what was written. */
  end(): void
  /** Cuts the line, so that the client sees a broken stream and not an ended one. */
  destroy(): void
}
