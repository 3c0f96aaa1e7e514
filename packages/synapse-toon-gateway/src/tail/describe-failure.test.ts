import {
  ConnectError,
  ContentTypeError,
  GoneError,
  HttpStatusError,
  IdleTimeoutError,
  ProtocolError,
  StreamFailedError,
  StreamPayloadError,
  TruncatedStreamError,
} from 'synapse-toon/client'
import { describe, expect, it } from 'vitest'
import { describeFailure } from './describe-failure.ts'
import type { ExitName } from './exit-codes.ts'

const GO_ON = 'synapse-toon tail http://host/streams/1 --last-event-id 2'

describe('a failure', () => {
  it.each<[Error, ExitName, string]>([
    [new ConnectError('no response: ECONNREFUSED'), 'unreachable', 'check the address'],
    [new GoneError({ error: 'expired' }), 'gone', 'without --last-event-id'],
    [new HttpStatusError(201, ''), 'unreadable', 'check the address'],
    [new HttpStatusError(400, ''), 'refused', 'check --method'],
    [new HttpStatusError(401, ''), 'refused', '--header'],
    [new HttpStatusError(403, ''), 'refused', '--header'],
    [new HttpStatusError(404, ''), 'refused', 'check the address'],
    [new HttpStatusError(405, ''), 'refused', '--method'],
    [new HttpStatusError(429, '', 3000), 'refused', 'ask again in 3.0 s'],
    [new HttpStatusError(500, ''), 'refused', 'ask again later'],
    [new IdleTimeoutError('content', 1000), 'idle', '--timeout'],
    [new TruncatedStreamError('the connection broke'), 'truncated', 'ask again'],
    [new StreamFailedError('x', { reason: 'overflow', retryable: true }), 'failed', 'ask again'],
    [new StreamFailedError('x', { reason: 'overflow', retryable: false }), 'failed', 'see the log'],
    [new ContentTypeError('text/html', ''), 'unreadable', 'check the address'],
    [new StreamPayloadError('data is not valid json', '{'), 'unreadable', '--encoding text'],
    [new ProtocolError('x'), 'unreadable', '--protocol'],
  ])('has an exit code and a cure: %s', (error, exit, cure) => {
    const failure = describeFailure(error, {})
    expect(failure?.exit).toBe(exit)
    expect(failure?.problem).toContain(error.message)
    expect(failure?.cure).toContain(cure)
  })

  it.each([
    [new ConnectError('x')],
    [new IdleTimeoutError('line', 1000)],
    [new TruncatedStreamError('x')],
  ])('that can be gone on with says how: %s', (error) => {
    expect(describeFailure(error, { goOn: GO_ON })?.cure).toContain(`go on with ${GO_ON}`)
  })

  it('to read what was only begun says where that is', () => {
    const address = 'http://host/streams/1'
    expect(describeFailure(new HttpStatusError(201, ''), { address })?.cure).toBe(
      `read it with synapse-toon tail ${address}`,
    )
  })

  it('of which events are lost does not say to go on: the server has them no more', () => {
    const lost = new TruncatedStreamError('x', undefined, [{ from: 1, to: 2, lost: true }])
    expect(describeFailure(lost, { goOn: GO_ON })?.cure).toBe('ask again')
  })

  it('of something else is none of a stream', () => {
    expect(describeFailure(new TypeError('bug'), {})).toBeUndefined()
    expect(describeFailure('text', {})).toBeUndefined()
  })
})
