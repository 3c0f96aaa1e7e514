/** Why a stream ended: exactly one of these, once. */
export type EndReason =
  | 'complete'
  | 'cancelled'
  | 'client-left'
  | 'source-error'
  | 'connect-timeout'
  | 'first-chunk-timeout'
  | 'idle-timeout'
  | 'deadline'
  | 'stalled-client'
  | 'overflow'
  | 'shutdown'
  | 'producer-lost'

/** Ends that a `done` frame tells; all others are told by an `error` frame. */
export type DoneReason = 'complete' | 'cancelled'

/** What a client is told of an abnormal end: never the upstream's own words. */
export interface EndText {
  readonly message: string
  /** Whether the same request may succeed if it is sent again. */
  readonly retryable: boolean
  /** HTTP status of an end before commit. */
  readonly status: number
}

export const END_TEXTS: Readonly<Record<Exclude<EndReason, DoneReason>, EndText>> = {
  'client-left': {
    message: 'The stream was stopped because nobody was reading it',
    retryable: true,
    status: 503,
  },
  // The message and status that the seed's "Graceful Degradation" answers with.
  'source-error': { message: 'Stream failed', retryable: false, status: 500 },
  'connect-timeout': {
    message: 'The source did not answer in time',
    retryable: true,
    status: 504,
  },
  'first-chunk-timeout': {
    message: 'The source sent nothing in time',
    retryable: true,
    status: 504,
  },
  'idle-timeout': {
    message: 'The source stopped sending in the middle of the answer',
    retryable: true,
    status: 504,
  },
  deadline: {
    message: 'The answer took longer than a stream may take',
    retryable: false,
    status: 504,
  },
  'stalled-client': {
    message: 'The stream was stopped because its reader took nothing for too long',
    retryable: true,
    status: 503,
  },
  overflow: {
    message: 'The answer came faster than its reader took it',
    retryable: true,
    status: 503,
  },
  shutdown: { message: 'The server is shutting down', retryable: true, status: 503 },
  'producer-lost': {
    message: 'The process that produced this answer is gone',
    retryable: true,
    status: 503,
  },
}

export function isDone(reason: EndReason): reason is DoneReason {
  return reason === 'complete' || reason === 'cancelled'
}
