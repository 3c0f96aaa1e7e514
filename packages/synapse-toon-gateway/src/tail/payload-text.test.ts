import { describe, expect, it } from 'vitest'
import { payloadText } from './payload-text.ts'

describe('the text of a payload', () => {
  it.each<[string, unknown, string]>([
    ['a delta of ours', { delta: 'Hel' }, 'Hel'],
    ['an empty delta', { delta: '' }, ''],
    ['the first of several answers of ours', { delta: 'a', index: 0 }, 'a'],
    ['another of several', { delta: 'b', index: 1 }, ''],
    ['text alone', 'Hel', 'Hel'],
    ['an OpenAI chunk', { choices: [{ index: 0, delta: { content: 'Hel' } }] }, 'Hel'],
    ['one without an index', { choices: [{ delta: { content: 'Hel' } }] }, 'Hel'],
    ['its first chunk', { choices: [{ index: 0, delta: { role: 'assistant' } }] }, ''],
    ['its last', { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }, ''],
    ['its usage', { choices: [], usage: { completion_tokens: 3 } }, ''],
    ['a refusal to say something', { choices: [{ index: 0, delta: { content: null } }] }, ''],
    ['its second answer', { choices: [{ index: 1, delta: { content: 'no' } }] }, ''],
    [
      'the first of two in one chunk',
      {
        choices: [
          { index: 1, delta: { content: 'no' } },
          { index: 0, delta: { content: 'yes' } },
        ],
      },
      'yes',
    ],
    ["text of OpenAI's Responses", { type: 'response.output_text.delta', delta: 'Hel' }, 'Hel'],
    ['arguments of theirs', { type: 'response.function_call_arguments.delta', delta: '{' }, ''],
    ['their end', { type: 'response.completed', response: {} }, ''],
    ["Anthropic's text", { type: 'content_block_delta', delta: { text: 'Hel' } }, 'Hel'],
    ['its thoughts', { type: 'content_block_delta', delta: { thinking: 'hm' } }, ''],
    ['its start', { type: 'message_start', message: {} }, ''],
    ['its usage', { type: 'message_delta', delta: { stop_reason: 'end_turn' } }, ''],
    ['a text delta of the AI SDK', { type: 'text-delta', id: '0', delta: 'Hel' }, 'Hel'],
  ])('is found: %s', (_, payload, text) => {
    expect(payloadText(payload)).toBe(text)
  })

  it.each([[null], [7], [true], [[]], [{}], [{ delta: { x: 1 } }], [{ type: 'ping' }]])(
    'is not there in %j',
    (payload) => {
      expect(payloadText(payload)).toBeUndefined()
    },
  )
})
