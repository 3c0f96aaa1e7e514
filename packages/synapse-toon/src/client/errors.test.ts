import { describe, expect, it } from 'vitest'
import { SynapseToonError } from '../errors.ts'
import { PayloadError } from '../wire/payload-error.ts'
import {
  ConnectError,
  ContentTypeError,
  GoneError,
  HttpStatusError,
  IdleTimeoutError,
  ProtocolError,
  StreamError,
  StreamFailedError,
  StreamPayloadError,
  TruncatedStreamError,
} from './errors.ts'

const errors = [
  [new ConnectError('x'), 'ERR_SYNAPSE_CONNECT', undefined, true],
  [new HttpStatusError(503, ''), 'ERR_SYNAPSE_HTTP_STATUS', 503, true],
  [new HttpStatusError(404, ''), 'ERR_SYNAPSE_HTTP_STATUS', 404, false],
  [new GoneError(''), 'ERR_SYNAPSE_GONE', 410, false],
  [new ContentTypeError('text/html', ''), 'ERR_SYNAPSE_CONTENT_TYPE', 200, false],
  [new IdleTimeoutError('line', 5), 'ERR_SYNAPSE_IDLE_TIMEOUT', 200, true],
  [new TruncatedStreamError('x'), 'ERR_SYNAPSE_TRUNCATED', 200, true],
  [
    new StreamFailedError('x', { reason: 'deadline', retryable: false }),
    'ERR_SYNAPSE_STREAM_FAILED',
    200,
    false,
  ],
  [new ProtocolError('x'), 'ERR_SYNAPSE_PROTOCOL', 200, false],
  [new StreamPayloadError('x', ''), 'ERR_SYNAPSE_PAYLOAD', 200, false],
] as const

describe('the errors of a stream', () => {
  it.each(errors)('%s has code, status, retryable and text', (error, code, status, retryable) => {
    expect(error).toMatchObject({ code, status, retryable, text: '' })
    expect(error).toBeInstanceOf(SynapseToonError)
    expect(error).toBeInstanceOf(error instanceof PayloadError ? PayloadError : StreamError)
    expect(error.name).toBe(error.constructor.name)
  })

  it('keep their cause, and have none where there is none', () => {
    const cause = new TypeError('fetch failed')
    expect(new ConnectError('x', cause).cause).toBe(cause)
    expect(new TruncatedStreamError('x', cause).cause).toBe(cause)
    expect(new StreamPayloadError('x', '', cause).cause).toBe(cause)
  })
})
