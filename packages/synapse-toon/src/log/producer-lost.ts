import type { LogRecord } from '../wire/record.ts'

/** What `terminalRecord` of the stream room says of this end: a log does not know that room. */
const JSON_TEXT = JSON.stringify({
  code: 'producer-lost',
  message: 'The process that produced this answer is gone',
  retryable: true,
})

/** How a log ends a stream whose producer is gone. */
export function producerLost(seq: number): LogRecord {
  return { seq, event: 'error', json: JSON_TEXT }
}
