import { RefusedError } from '../errors.ts'

/** Away for a moment, as a rule: a restart, a change of the leader. In seconds. */
const RETRY_SECONDS = 1

/** The store of the log does not answer now. `cause` says why; no client is told of it. */
export class LogAwayError extends RefusedError {
  constructor(cause: unknown) {
    const message = 'The log of the streams is away; try again in a moment'
    super('ERR_SYNAPSE_LOG_AWAY', 503, message, RETRY_SECONDS)
    this.cause = cause
  }
}
