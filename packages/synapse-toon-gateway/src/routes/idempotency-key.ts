import type { IncomingMessage } from 'node:http'
import { describe } from '../zod-issue.ts'
import { RequestError } from './request-error.ts'

/** In characters. Shorter ones are guessed, or chosen twice; longer ones are no keys. */
const MIN_CHARACTERS = 16
const MAX_CHARACTERS = 255

/** [RFC 8941 §3.3.3] printable ASCII in quotes; a quote or backslash in it after a backslash. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/

const PRINTABLE = /^[\x20-\x7e]*$/

/**
 * The key of `Idempotency-Key` [draft-ietf-httpapi-idempotency-key-header §2.1]: a String of RFC
 * 8941, or the same without its quotes, as most clients send it.
 *
 * @returns undefined where there is none
 * @throws {RequestError} 400 that names the header, its value and the cure
 */
export function readIdempotencyKey(request: IncomingMessage): string | undefined {
  const values = request.headersDistinct['idempotency-key'] ?? []
  const [value] = values
  if (value === undefined) return undefined
  const key = values.length === 1 ? unquote(value) : undefined
  if (key !== undefined && key.length >= MIN_CHARACTERS && key.length <= MAX_CHARACTERS) return key
  const rule = `must be one key of ${MIN_CHARACTERS} to ${MAX_CHARACTERS} printable ASCII characters`
  const cure = 'send a new UUID for each new request, and the same one again for a retry'
  throw new RequestError(
    400,
    `Idempotency-Key ${rule}, got ${describe(values.join(', '))}; ${cure}`,
  )
}

function unquote(value: string): string | undefined {
  if (!value.startsWith('"')) return PRINTABLE.test(value) ? value : undefined
  return QUOTED.exec(value)?.[1]?.replace(/\\(.)/g, '$1')
}
