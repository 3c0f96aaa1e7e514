import { describeValue, SynapseToonError } from '../errors.ts'

/** The fields of one SSE event, as they go on the wire. */
export interface Frame {
  /** Left out: the client's last event id stays. Empty: resets it [spec §9.2.6, "id"]. */
  readonly id?: string
  /** Left out: the client sees `message`. */
  readonly event?: string
  /** Any text; CR, LF and CRLF inside become several `data:` lines. */
  readonly data: string
  /** Reconnection time for the client, in ms, a whole number from 0. */
  readonly retry?: number
}

/** A field value that would break out of its line, or reach the client changed or not at all. */
export class InvalidFrameError extends SynapseToonError {
  constructor(field: string, value: unknown, rule: string) {
    super('ERR_SYNAPSE_INVALID_FRAME', `${field} ${rule}, got ${describeValue(value)}`)
  }
}

const LINE_BREAK_OR_NUL = /[\r\n\0]/
/** Half a surrogate pair: under `u`, a whole pair is one character, which this does not match. */
const LONE_SURROGATE = /\p{Surrogate}/u
const LINE_BREAK = /\r\n|\r|\n/
const LINE_BREAKS = /\r\n|\r|\n/g

/**
 * Writes one event.
 *
 * @throws {InvalidFrameError} when `id` or `event` holds CR, LF or NUL, any text half a surrogate
 *   pair, or `retry` is not a whole number from 0; nothing has been written then
 */
export function encodeFrame(frame: Frame): string {
  let text = ''
  // `!== undefined`, not truthiness: `id: 0`, an empty id and `retry: 0` are all valid.
  if (frame.id !== undefined) text += `id: ${assertFieldValue('id', frame.id)}\n`
  if (frame.event !== undefined) text += `event: ${assertFieldValue('event', frame.event)}\n`
  if (frame.retry !== undefined) text += `retry: ${assertRetry(frame.retry)}\n`
  return `${text}${dataLines(assertWellFormed('data', frame.data))}\n`
}

/**
 * Writes a comment line. One newline only: it ends the line without ending a block, which every
 * client tried can take between two events; an empty block after an id breaks openai-python.
 *
 * @throws {InvalidFrameError} when `text` holds CR, LF, NUL or half a surrogate pair
 */
export function encodeComment(text: string): string {
  return `: ${assertFieldValue('comment', text)}\n`
}

/**
 * Tells the client how long to wait before it reconnects. One newline only, as for a comment: a
 * client takes it as soon as its line is read [spec §9.2.6], and there is no event.
 *
 * @param retry ms
 * @throws {InvalidFrameError} when `retry` is not a whole number from 0
 */
export function encodeRetry(retry: number): string {
  return `retry: ${assertRetry(retry)}\n`
}

/** Keeps a quiet line open through proxies; not an event, and never progress for the client. */
export const HEARTBEAT = encodeComment('ping')

/** Lines of the `data` field: the text split on CR, LF and CRLF [spec §9.2.5]. */
export function dataLines(data: string): string {
  if (!LINE_BREAK.test(data)) return `data: ${data}\n`
  return `data: ${data.replace(LINE_BREAKS, '\ndata: ')}\n`
}

function assertFieldValue(field: string, value: string): string {
  if (LINE_BREAK_OR_NUL.test(value)) {
    throw new InvalidFrameError(field, value, 'must not contain CR, LF or NUL')
  }
  return assertWellFormed(field, value)
}

function assertWellFormed(field: string, value: string): string {
  // Written as UTF-8 it would become U+FFFD, and the client would read another text than was sent.
  if (LONE_SURROGATE.test(value)) {
    throw new InvalidFrameError(field, value, 'must not contain half a surrogate pair')
  }
  return value
}

function assertRetry(retry: number): number {
  // [spec §9.2.6] a `retry` that is not ASCII digits only is ignored by the client.
  if (!Number.isSafeInteger(retry) || retry < 0) {
    throw new InvalidFrameError('retry', retry, 'must be a whole number of milliseconds from 0')
  }
  return retry
}
