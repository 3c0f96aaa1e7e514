import { expect, it } from 'vitest'
import { RefusedError } from '../errors.ts'
import { LogAwayError } from './log-away-error.ts'

it('LogAwayError says when to come back, and keeps what happened from clients', () => {
  const cause = new Error('connect ECONNREFUSED 10.1.2.3:6379')
  const error = new LogAwayError(cause)
  expect(error).toBeInstanceOf(RefusedError)
  expect(error).toMatchObject({ code: 'ERR_SYNAPSE_LOG_AWAY', status: 503, retryAfter: 1, cause })
  expect(error.message).not.toMatch(/\d+\.\d+|ECONN|[Rr]edis/)
})
