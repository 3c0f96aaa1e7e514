import { describe, expect, it } from 'vitest'
import { finishReasonOf } from './finish-reason.ts'

const choice = (finish_reason: unknown, index = 0) => ({ choices: [{ index, finish_reason }] })
const incomplete = (reason?: string) => ({
  type: 'response.incomplete',
  response: { incomplete_details: reason && { reason } },
})

describe('finishReasonOf', () => {
  it.each([
    [choice('length'), 'length'],
    [choice('function_call'), 'tool_calls'],
    [{ type: 'message_delta', delta: { stop_reason: 'end_turn' } }, 'stop'],
    [{ type: 'message_delta', delta: { stop_reason: 'max_tokens' } }, 'length'],
    [{ type: 'message_delta', delta: { stop_reason: 'tool_use' } }, 'tool_calls'],
    [{ type: 'response.completed', response: {} }, 'stop'],
    [incomplete('max_output_tokens'), 'length'],
    [incomplete('content_filter'), 'content_filter'],
    [incomplete(), 'length'],
  ])('reads %j', (payload, reason) => {
    expect(finishReasonOf(payload)).toBe(reason)
  })

  it.each([
    [choice(null)],
    [choice('stop', 1)],
    [choice('constructor')],
    [{ choices: [] }],
    [{ type: 'message_delta', delta: {} }],
    [{ delta: 'stop' }],
    ['stop'],
    [null],
  ])('reads nothing in %j', (payload) => {
    expect(finishReasonOf(payload)).toBeUndefined()
  })
})
