import { describe, expect, it } from 'vitest'
import { tokenUsage } from './token-usage.ts'

const none = { input: undefined, output: undefined }

describe('tokenUsage', () => {
  it.each([
    ["OpenAI's", { prompt_tokens: 9, completion_tokens: 12 }, { input: 9, output: 12 }],
    [
      "OpenAI's Responses",
      { input_tokens: 9, input_tokens_details: { cached_tokens: 5 }, output_tokens: 12 },
      { input: 9, output: 12 },
    ],
    [
      "Anthropic's, whose cache is counted apart",
      {
        input_tokens: 9,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
        output_tokens: 3,
      },
      { input: 129, output: 3 },
    ],
    ["Anthropic's last, of the output only", { output_tokens: 3 }, { ...none, output: 3 }],
    ['none', undefined, none],
    ['null', null, none],
    ['of another shape', { input_tokens: '9', output_tokens: -1 }, none],
  ])('reads a usage: %s', (_what, usage, tokens) => {
    expect(tokenUsage(usage)).toEqual(tokens)
  })
})
