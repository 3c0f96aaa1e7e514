import { describeValue, SynapseToonError } from '../errors.ts'

/**
 * Event ids are UUIDs of version 8 (RFC 9562 §5.8) that carry the position:
 *
 * ```
 * 5f0c7a52-91d3-8e14-b0a6-00000000002a
 * └──── stream id ──────┘ └─ position ┘
 * ```
 *
 * The first four groups hold 74 random bits (the version and variant bits are fixed) and are the
 * stream id; the last twelve hex digits are the position in the stream, 1 for the first event.
 * So a resume needs no table from ids to positions, and an id cannot be guessed.
 */
export interface EventPosition {
  /** The first four groups, lower case, for example `5f0c7a52-91d3-8e14-b0a6`. */
  readonly streamId: string
  /** Position of the event in its stream, 1 for the first. */
  readonly seq: number
}

/**
 * The last position: the last group of an id has 12 hex digits, 48 bits, which a double holds exactly.
 * No record has it, but the id of an end that nobody can place: the producer is gone, and its clients
 * may know more records than the log.
 */
export const END_SEQ = 2 ** 48 - 1

/** Zeros to put before so many digits. */
const PADDING = Array.from({ length: 13 }, (_, digits) => '0'.repeat(12 - digits))

const STREAM_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}$/
const STREAM_ID_LENGTH = 23
const EVENT_ID_LENGTH = 36
const SEQ_HEX = /^[0-9a-f]{12}$/

/** An id that is not one of ours: not a UUID, of another version or variant, or of position 0. */
export class InvalidEventIdError extends SynapseToonError {
  constructor(id: string) {
    super(
      'ERR_SYNAPSE_INVALID_EVENT_ID',
      `event id must be a version 8 UUID sent by this server, with a position from 1, got ${describeValue(id)}; send the last received id unchanged, or none to start anew`,
    )
  }
}

/** Fills a byte array with unpredictable values; replaceable in tests. */
export type FillRandom = (bytes: Uint8Array<ArrayBuffer>) => void

const cryptoRandom: FillRandom = (bytes) => {
  globalThis.crypto.getRandomValues(bytes)
}

/**
 * Makes an id for a new stream: 74 random bits in the shape of the first four groups of a
 * version 8 UUID.
 */
export function createStreamId(fillRandom: FillRandom = cryptoRandom): string {
  const bytes = new Uint8Array(10)
  fillRandom(bytes)
  // [RFC 9562 §5.8] version 8 in the high half of octet 6, variant 10 in the two top bits of octet 8.
  bytes[6] = 0x80 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16)}`
}

/** Whether `text` has the shape of a stream id of ours (lower case). Says nothing of its existence. */
export function isStreamId(text: string): boolean {
  return STREAM_ID.test(text)
}

/**
 * Joins a stream id and a position to an event id.
 *
 * @param seq whole number from 1 to 2^48 - 1; the caller counts, this is the hot path and does not check
 */
export function formatEventId(streamId: string, seq: number): string {
  const hex = seq.toString(16)
  return `${streamId}-${PADDING[hex.length]}${hex}`
}

/**
 * Splits an event id into its stream and its position. Upper case is accepted, as RFC 9562 §4 asks.
 *
 * @returns the position of the event in its stream, 1 for the first
 * @throws {InvalidEventIdError} when `id` is not a version 8 UUID of ours (RFC 9562 §5.8)
 */
export function parseEventId(id: string): EventPosition {
  if (id.length !== EVENT_ID_LENGTH) throw new InvalidEventIdError(id)
  const lower = id.toLowerCase()
  const streamId = lower.slice(0, STREAM_ID_LENGTH)
  const digits = lower.slice(STREAM_ID_LENGTH + 1)
  if (!isStreamId(streamId) || lower[STREAM_ID_LENGTH] !== '-' || !SEQ_HEX.test(digits)) {
    throw new InvalidEventIdError(id)
  }
  const seq = Number.parseInt(digits, 16)
  if (seq === 0) throw new InvalidEventIdError(id)
  return { streamId, seq }
}
