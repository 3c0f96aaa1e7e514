import { RefusedError } from '../errors.ts'
import type { RateLimitField } from './rate-limit-fields.ts'

/** `streams-per-user`, `streams`: at once. `starts`: in a time. */
export type LimitName = 'streams-per-user' | 'streams' | 'starts'

const MESSAGES: Readonly<Record<LimitName, (quota: number) => string>> = {
  'streams-per-user': (quota) =>
    `you have the most streams open that you may at once (${quota}); end one, or wait for one to end`,
  streams: (quota) =>
    `the server has the most streams open that it takes at once (${quota}); try again later`,
  starts: (quota) =>
    `you have started the most streams that you may in this time (${quota}); try again later`,
}

/** A stream that was not started: 429, or 503 where the server as a whole is full. */
export class LimitExceededError extends RefusedError {
  readonly limit: LimitName
  override readonly fields: readonly RateLimitField[]

  constructor(
    limit: LimitName,
    quota: number,
    retryAfter: number,
    fields: readonly RateLimitField[],
  ) {
    const status = limit === 'streams' ? 503 : 429
    super('ERR_SYNAPSE_LIMIT', status, MESSAGES[limit](quota), retryAfter)
    this.limit = limit
    this.fields = fields
  }
}
