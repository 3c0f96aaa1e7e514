import {
  ConnectError,
  ContentTypeError,
  GoneError,
  HttpStatusError,
  IdleTimeoutError,
  PayloadError,
  ProtocolError,
  StreamFailedError,
  TruncatedStreamError,
} from 'synapse-toon/client'
import type { ExitName } from './exit-codes.ts'
import { duration } from './figures.ts'

/** How a failure ends the command, and what is said of it. */
export interface Failure {
  readonly exit: ExitName
  readonly problem: string
  /** What to do about it. */
  readonly cure: string
}

const ADDRESS_CURE = 'check the address, or what --method, --data and --header ask for'

/** What may help. */
export interface Ways {
  /** The command that goes on with the stream. */
  readonly goOn?: string | undefined
  /** Of the stream, if a response has named it. */
  readonly address?: string | undefined
}

/** @returns undefined for what is no failure of a stream */
export function describeFailure(error: unknown, { goOn, address }: Ways): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  const { message } = error
  const onward = goOn === undefined ? 'ask again' : `go on with ${goOn}`
  if (error instanceof ConnectError) {
    const cure = goOn === undefined ? 'check the address, and that its server runs' : onward
    return { exit: 'unreachable', problem: `cannot connect: ${message}`, cure }
  }
  if (error instanceof GoneError) {
    const cure = 'it has expired or was never there; ask for a new one, without --last-event-id'
    return { exit: 'gone', problem: message, cure }
  }
  if (error instanceof HttpStatusError && error.status < 400) {
    // As `POST /streams` of our gateway, which is told where its answer can be read.
    const cure = address === undefined ? ADDRESS_CURE : `read it with synapse-toon tail ${address}`
    return { exit: 'unreadable', problem: `no stream: ${message}`, cure }
  }
  if (error instanceof HttpStatusError) {
    return { exit: 'refused', problem: message, cure: statusCure(error) }
  }
  if (error instanceof IdleTimeoutError) {
    return { exit: 'idle', problem: message, cure: `--timeout gives it more; ${onward}` }
  }
  if (error instanceof TruncatedStreamError) {
    // The server has no more of what is lost.
    const cure = error.gaps.length > 0 ? 'ask again' : onward
    return { exit: 'truncated', problem: `the answer is not whole: ${message}`, cure }
  }
  if (error instanceof StreamFailedError) {
    const cure = error.retryable ? 'ask again' : 'see the log of the server'
    return { exit: 'failed', problem: `the server failed: ${error.reason}: ${message}`, cure }
  }
  if (error instanceof ContentTypeError) {
    return { exit: 'unreadable', problem: message, cure: ADDRESS_CURE }
  }
  if (error instanceof PayloadError) {
    return { exit: 'unreadable', problem: message, cure: 'use --encoding text to see it as it is' }
  }
  if (error instanceof ProtocolError) {
    return { exit: 'unreadable', problem: message, cure: 'choose another --protocol' }
  }
  return undefined
}

function statusCure({ status, retryAfter }: HttpStatusError): string {
  if (retryAfter !== undefined) return `ask again in ${duration(retryAfter)}`
  if (status === 401 || status === 403) return "say who asks, with --header 'Authorization: …'"
  if (status === 404) return 'check the address'
  if (status === 405) return 'choose another --method'
  if (status >= 500 || status === 429) return 'ask again later'
  return 'check --method, --data and --header'
}
