import { describeValue, RefusedError } from '../errors.ts'
import { ACCEPTABLE } from './accept.ts'

const CURES = {
  Accept: `must allow one of ${ACCEPTABLE.join(', ')}`,
  'Accept-Encoding': 'must allow gzip, deflate or identity',
}

/** `Accept` or `Accept-Encoding` names nothing that we can send. */
export class NotAcceptableError extends RefusedError {
  constructor(header: keyof typeof CURES, value: string) {
    const rule = `${header} ${CURES[header]}`
    super('ERR_SYNAPSE_NOT_ACCEPTABLE', 406, `${rule}, got ${describeValue(value)}`)
  }
}

/** The address names one stream and `Last-Event-ID` another, or a place that it never reached. */
export class WrongPositionError extends RefusedError {
  constructor(message: string) {
    super('ERR_SYNAPSE_WRONG_POSITION', 400, message)
  }
}

/** The stream was never here, or has expired. Never answered by a silent second run. */
export class StreamGoneError extends RefusedError {
  constructor(streamId: string) {
    const message = `stream ${streamId} is unknown or has expired; send the request anew without Last-Event-ID`
    super('ERR_SYNAPSE_STREAM_GONE', 410, message)
  }
}

/** The stream belongs to another principal: no word on whether it exists. */
export class StreamNotFoundError extends RefusedError {
  constructor() {
    super('ERR_SYNAPSE_STREAM_NOT_FOUND', 404, 'no such stream for this user')
  }
}

/** Seconds after which a client that came during a shutdown should try again. */
const SHUTDOWN_RETRY_SECONDS = 5

export class ClosingError extends RefusedError {
  constructor() {
    super('ERR_SYNAPSE_SHUTDOWN', 503, 'The server is shutting down', SHUTDOWN_RETRY_SECONDS)
  }
}

/** A whole answer that does not fit the memory that a stream may take. */
export class TooLargeError extends RefusedError {
  /** @param maxBytes undefined where it is not known any more */
  constructor(maxBytes: number | undefined) {
    const bound = maxBytes === undefined ? 'what' : `the ${maxBytes} bytes that`
    const message = `the answer is larger than ${bound} can be sent as one document; ask for text/event-stream`
    super('ERR_SYNAPSE_TOO_LARGE', 500, message)
  }
}
