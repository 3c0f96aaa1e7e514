import { describeValue, SynapseToonError } from '../errors.ts'

/**
 * How a payload is written in the `data` field. The client asks with the request header
 * `X-Synapse-TOON-Encoding` or the query parameter `encoding`.
 *
 * - `json` (default): one line of JSON, what `JSON.parse(event.data)` reads.
 * - `toon`: TOON text, see https://github.com/toon-format/spec.
 * - `base64`: base64 of the JSON's UTF-8 (the seed's "Wire Format").
 * - `br`: base64 of brotli of the JSON's UTF-8, each event alone (the seed's "Brotli Streaming
 *   Compression"). On token-sized events it makes the stream larger; prefer `Content-Encoding`.
 */
export type PayloadEncoding = 'json' | 'toon' | 'base64' | 'br'

export const PAYLOAD_ENCODINGS: readonly PayloadEncoding[] = ['json', 'toon', 'base64', 'br']

export class UnknownEncodingError extends SynapseToonError {
  constructor(value: string) {
    super(
      'ERR_SYNAPSE_UNKNOWN_ENCODING',
      `encoding must be one of ${PAYLOAD_ENCODINGS.join(', ')}, got ${describeValue(value)}`,
    )
  }
}

/** @throws {UnknownEncodingError} when `value` is not the name of an encoding, which are lower case */
export function parsePayloadEncoding(value: string): PayloadEncoding {
  const known = PAYLOAD_ENCODINGS.find((encoding) => encoding === value)
  if (known === undefined) throw new UnknownEncodingError(value)
  return known
}

/**
 * TOON has no way to write a lone surrogate (its spec forbids the escape), but JSON text has; and
 * deep nesting costs it more than JSON, see `MAX_TOON_DEPTH`. Such a payload goes out as JSON after
 * this one mark. No TOON document begins with a space, since its first line is never indented; and
 * SSE takes off only the one space after the colon.
 */
export const JSON_INSIDE_TOON = ' '

/** How `JSON.stringify` writes a lone surrogate, and nothing else, since ES2019. */
const ESCAPED_SURROGATE = /\\ud[89a-f][0-9a-f]{2}/

/** Whether JSON text may hold a lone surrogate; rarely true without one (an escaped backslash). */
export function mayHoldLoneSurrogate(json: string): boolean {
  return ESCAPED_SURROGATE.test(json)
}
