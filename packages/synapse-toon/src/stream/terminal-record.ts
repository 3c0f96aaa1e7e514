import type { LogRecord } from '../wire/record.ts'
import { END_TEXTS, type EndReason, isDone } from './end-reason.ts'
import { isRetryable } from './upstream-error.ts'

export interface Ending {
  readonly reason: EndReason
  readonly error: unknown
  /** Payloads recorded. */
  readonly chunks: number
  readonly usage: unknown
}

/** What a `done` frame says. */
export interface DoneData {
  readonly reason: 'complete' | 'cancelled'
  readonly chunks: number
  readonly usage?: unknown
}

/** What an `error` frame says. */
export interface ErrorData {
  /** The end reason. */
  readonly code: Exclude<EndReason, 'complete' | 'cancelled'>
  readonly message: string
  readonly retryable: boolean
}

/** The last record of a stream: how every reader learns that, and why, it is over. */
export function terminalRecord(
  seq: number,
  ending: Ending,
  exposeError: ((error: unknown) => string) | undefined,
): LogRecord {
  const { reason, error, chunks, usage } = ending
  if (isDone(reason)) {
    const data: DoneData = { reason, chunks, usage: usage ?? undefined }
    return { seq, event: 'done', json: JSON.stringify(data) }
  }
  const data: ErrorData = { code: reason, ...errorText(reason, error, exposeError) }
  return { seq, event: 'error', json: JSON.stringify(data) }
}

/** Why a stream ended, read back from its terminal record. */
export function endReasonOf(record: LogRecord): EndReason {
  const data = JSON.parse(record.json) as DoneData | ErrorData
  return 'reason' in data ? data.reason : data.code
}

/** The text of an abnormal end that a client may see. */
function errorText(
  reason: ErrorData['code'],
  error: unknown,
  exposeError: ((error: unknown) => string) | undefined,
): { message: string; retryable: boolean } {
  const text = END_TEXTS[reason]
  const retryable = reason === 'source-error' ? isRetryable(error) : text.retryable
  const exposed = reason === 'source-error' ? exposedText(error, exposeError) : undefined
  return { message: exposed ?? text.message, retryable }
}

/** What `exposeError` says, as text. One that throws must not keep the stream from its end. */
export function exposedText(
  error: unknown,
  exposeError: ((error: unknown) => string) | undefined,
): string | undefined {
  try {
    const text: unknown = exposeError?.(error)
    return text === undefined ? undefined : String(text)
  } catch (thrown) {
    process.emitWarning(`exposeError threw: ${thrown}`, { code: 'SYNAPSE_EXPOSE_ERROR' })
    return undefined
  }
}
