import { describe, expect, it } from 'vitest'
import { payloadText } from './payload-text.ts'

describe('payloadText', () => {
  it.each([
    ['a string', 'Hel', 'Hel'],
    ['a delta', { delta: 'Hel' }, 'Hel'],
    ['an empty delta', { delta: '' }, ''],
    ["an OpenAI chunk's content", { choices: [{ index: 0, delta: { content: 'Hel' } }] }, 'Hel'],
    [
      'a text of the Responses',
      { type: 'response.output_text.delta', delta: 'Hel', sequence_number: 4 },
      'Hel',
    ],
    [
      'a text of the Messages',
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hel' } },
      'Hel',
    ],
  ])('finds the text in %s', (_name, payload, text) => {
    expect(payloadText(payload)).toBe(text)
  })

  it.each([
    ['a payload of its own', { sources: ['a'] }],
    ['a number', 4],
    ['null', null],
    ['a delta that is no text', { delta: { role: 'assistant' } }],
    [
      'a call of a tool',
      {
        choices: [
          { index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '{' } }] } },
        ],
      },
    ],
    ['a usage chunk', { choices: [], usage: { total_tokens: 3 } }],
    ['the second of two answers', { choices: [{ index: 1, delta: { content: 'B' } }] }],
    ['arguments of a function', { type: 'response.function_call_arguments.delta', delta: '{' }],
    [
      'arguments of a tool',
      { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '{' } },
    ],
    ['a beginning', { type: 'message_start', message: {} }],
  ])('finds none in %s', (_name, payload) => {
    expect(payloadText(payload)).toBeUndefined()
  })
})
