import { expect, it } from 'vitest'
import { producerLost } from './producer-lost.ts'

it('producerLost is the terminal record of a stream whose producer is gone', () => {
  expect(producerLost(8)).toEqual({
    seq: 8,
    event: 'error',
    json: '{"code":"producer-lost","message":"The process that produced this answer is gone","retryable":true}',
  })
})
