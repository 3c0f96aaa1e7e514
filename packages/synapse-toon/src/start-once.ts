import { RefusedError, SynapseToonError } from './errors.ts'
import type { StreamRef } from './http/route.ts'
import type { Runtime } from './runtime.ts'
import { createStreamId } from './wire/event-id.ts'

/** What makes two starts the same one. */
export interface Idempotency {
  /** Chosen by the client, one for each thing that it wants started: a UUID, for example. */
  readonly key: string
  /** What it wants started, for example the body of its request. Default: not compared. */
  readonly fingerprint?: string
}

export interface StartedOnce extends StreamRef {
  /** False: the stream had been started before, and the source was not asked. */
  readonly isNew: boolean
  /** What the limits have to say of a new one, for an answer's head. */
  readonly fields: readonly (readonly [string, string])[]
}

/** How long a key is remembered, in ms: longer than any client tries again. */
const KEEP_KEY_MS = 24 * 60 * 60 * 1000

/** [draft-ietf-httpapi-idempotency-key-header §2.7] a key that came with another request before. */
export class IdempotencyKeyReusedError extends RefusedError {
  constructor(key: string) {
    const cure = 'use a new key for a new request'
    const message = `Idempotency-Key ${JSON.stringify(key)} came with another request before; ${cure}`
    super('ERR_SYNAPSE_IDEMPOTENCY_KEY_REUSED', 422, message)
  }
}

/**
 * Starts a stream, unless this principal has started one under this key: then that one is named.
 * Of several that come at once, in whatever processes share the log, one asks its source.
 *
 * @throws {IdempotencyKeyReusedError}
 */
export async function startOnce(
  runtime: Runtime,
  { key, fingerprint = '' }: Idempotency,
  principal: string | undefined,
  start: (streamId: string) => Promise<Pick<StartedOnce, 'fields'>>,
): Promise<StartedOnce> {
  const name = await digest([principal ?? null, key])
  const claim = `${createStreamId()} ${await digest([fingerprint])}`
  const kept = await runtime.log.claim(name, claim, KEEP_KEY_MS)
  const [streamId = '', request] = kept.split(' ')
  if (request !== claim.split(' ')[1]) throw new IdempotencyKeyReusedError(key)
  if (kept !== claim && (await runtime.open(streamId)) !== undefined) {
    return { streamId, isNew: false, fields: [] }
  }
  try {
    const { fields } = await start(streamId)
    return { streamId, isNew: true, fields }
  } catch (error) {
    // The one that came first has made it in the meantime.
    if (isExisting(error)) return { streamId, isNew: false, fields: [] }
    throw error
  }
}

/** By its code: a log may come from elsewhere. */
function isExisting(error: unknown): boolean {
  return error instanceof SynapseToonError && error.code === 'ERR_SYNAPSE_STREAM_EXISTS'
}

/** [FIPS 180-4] SHA-256 in hex: a name of bounded length that says nothing of what it was made from. */
async function digest(parts: readonly unknown[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts))
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
