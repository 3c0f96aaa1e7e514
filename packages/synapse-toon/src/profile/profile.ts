import type { LogRecord } from '../wire/record.ts'

/** How the records of a stream are framed. `synapse` is ours, and the only one that can resume. */
export type ProfileName = 'synapse' | 'openai' | 'ai-sdk'

export const PROFILE_NAMES: readonly ProfileName[] = ['synapse', 'openai', 'ai-sdk']

/** What is the same in all frames of a stream. */
export interface ProfiledStream {
  readonly streamId: string
  /** When it was first read in this process, in seconds since 1970. */
  readonly created: number
}

/** A record in the form of a profile. */
export interface Profiled {
  /** Whole frames, one or more. Never empty: a frame without bytes would look like one without room. */
  readonly text: string
  /** What the next record is to be framed with. */
  readonly state: number
}

/** A form of the stream for clients that know only their own. */
export interface Profile {
  /** The same for two that frame alike: by it, connections share their frames. */
  readonly key: string
  readonly headers: readonly (readonly [string, string])[]
  /**
   * Frames a record. Pure, so that many connections can share what it gives.
   *
   * @param state 0 for the first of a connection, then what the record before gave
   */
  frame(stream: ProfiledStream, record: LogRecord, state: number): Profiled
}

export function dataFrame(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

/** The end of a stream that is whole, in both profiles. */
export const DONE_FRAME = 'data: [DONE]\n\n'

/** The fields of a JSON object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
