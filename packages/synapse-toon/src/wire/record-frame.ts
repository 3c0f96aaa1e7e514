import { encodePayload } from './encode-payload.ts'
import { formatEventId } from './event-id.ts'
import { dataLines, encodeFrame } from './frame.ts'
import type { PayloadEncoding } from './payload-encoding.ts'
import type { LogRecord } from './record.ts'

/** What the client is told when records were dropped from the log before it could read them. */
export interface Gap {
  /** First and last missing position. */
  readonly from: number
  readonly to: number
}

/**
 * Frames a record of a stream. Id and event name are ours and need no check, so this skips
 * `encodeFrame` on the hot path; a test holds the two equal.
 *
 * @param retry reconnection time for the client, in ms, a whole number; left out where undefined
 */
export function frameRecord(
  streamId: string,
  record: LogRecord,
  encoding: PayloadEncoding,
  retry?: number,
): string {
  const retryLine = retry === undefined ? '' : `retry: ${retry}\n`
  const head = `id: ${formatEventId(streamId, record.seq)}\nevent: ${record.event}\n${retryLine}`
  // JSON on one line has no CR or LF; only TOON text can span lines.
  if (encoding === 'json') return `${head}data: ${record.json}\n\n`
  return `${head}${dataLines(encodePayload(record.json, encoding))}\n`
}

/**
 * A gap carries the id of its last missing position, so that a client that reconnects right after
 * it is not told the same again.
 */
export function frameGap(streamId: string, gap: Gap, encoding: PayloadEncoding): string {
  return encodeFrame({
    id: formatEventId(streamId, gap.to),
    event: 'gap',
    data: encodePayload(JSON.stringify(gap), encoding),
  })
}
