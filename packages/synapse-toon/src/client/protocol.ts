import type { ParsedEvent } from '../wire/parser.ts'
import type { Gap } from './errors.ts'
import type { Decode } from './payload-decoder.ts'

export type ProtocolName = 'synapse' | 'eventsource' | 'openai' | 'anthropic'

/**
 * What a stream is to one who lost it. `ours`: it can be taken up where it was. `feed`: one comes back
 * to it, as an `EventSource` does. `answer`: it has an end, and goes on only from an id. `provider`: to
 * ask again would be another answer, to be paid again.
 */
export type Kind = 'ours' | 'feed' | 'answer' | 'provider'

/** What one event says, in the order in which it is to be taken. */
interface Reading {
  /** Positions between the last event and this one. */
  readonly gap?: Gap | undefined
  /** Tokens, as they are counted so far. */
  readonly usage?: unknown
  /** Content for the consumer; undefined, which no encoding can say, for none. */
  readonly payload?: unknown
  /** What it adds to the answer's text, where it is text. */
  readonly text?: unknown
  /** The stream's own end. */
  readonly end?: 'complete' | 'cancelled' | undefined
}

/** How events become content, and what an end looks like. One object lives as long as its stream. */
export interface Protocol {
  readonly kind: Kind
  /** Defaults of `timeouts.lineIdle` and `contentIdle`, in ms. */
  readonly idleMs: readonly [line: number, content: number]
  /** A response begins. @param streamId what its head says @throws {ProtocolError} */
  begin?(streamId: string | null): void
  /**
   * @returns undefined for what is no progress: a duplicate, a ping
   * @throws {StreamFailedError} the stream ended with an error
   * @throws {TruncatedStreamError} its end says that it is not whole
   * @throws {ProtocolError} @throws {StreamPayloadError}
   */
  read(event: ParsedEvent, decode: Decode): Reading | undefined
}

/** The fields of a JSON object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
