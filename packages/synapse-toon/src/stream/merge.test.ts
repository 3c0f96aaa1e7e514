import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Merge,
  mergeAnthropicDelta,
  mergeDelta,
  mergeOpenAiChunk,
  mergeText,
} from './merge.ts'

const openAi = (choice: object, rest: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, delta: {}, finish_reason: null, ...choice }],
  ...rest,
})
const openAiText = (content: string, choice: object = {}, rest: object = {}) =>
  openAi({ delta: { content }, ...choice }, rest)
const anthropicText = (text: string, index = 0) => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'text_delta', text },
})

/** Freezes a payload all the way down, so that a change of it throws. */
function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen)
  return Object.freeze(value)
}

const never: [string, Merge, unknown, unknown][] = [
  ['two deltas of which one is null', mergeDelta, { delta: 'a' }, { delta: null }],
  ['a delta that is no text', mergeDelta, { delta: { content: 'a' } }, { delta: { content: 'b' } }],
  ['a delta that carries usage', mergeDelta, { delta: 'a' }, { delta: 'b', usage: { total: 1 } }],
  ['a delta that follows usage', mergeDelta, { delta: 'a', usage: {} }, { delta: 'b' }],
  [
    'a delta after a finish reason',
    mergeDelta,
    { delta: 'a', finish_reason: 'stop' },
    { delta: '' },
  ],
  ['payloads without a delta', mergeDelta, { text: 'a' }, { text: 'b' }],
  ['strings', mergeDelta, 'a', 'b'],
  ['null', mergeDelta, null, null],
  ['arrays', mergeDelta, ['a'], ['b']],
  [
    'OpenAI chunks of two choices',
    mergeOpenAiChunk,
    openAiText('a', { index: 0 }),
    openAiText('b', { index: 1 }),
  ],
  [
    'an OpenAI chunk with several choices',
    mergeOpenAiChunk,
    openAi({}, { choices: [openAiText('a').choices[0], openAiText('b').choices[0]] }),
    openAiText('b'),
  ],
  [
    "OpenAI's usage chunk, which has no choice",
    mergeOpenAiChunk,
    openAiText('a'),
    openAi({}, { choices: [], usage: { total_tokens: 3 } }),
  ],
  [
    'an OpenAI chunk that follows usage',
    mergeOpenAiChunk,
    openAiText('a', {}, { usage: { total_tokens: 3 } }),
    openAiText('b'),
  ],
  [
    'an OpenAI chunk that follows the finish reason',
    mergeOpenAiChunk,
    openAiText('a', { finish_reason: 'stop' }),
    openAiText('b'),
  ],
  [
    'an OpenAI chunk with logprobs first',
    mergeOpenAiChunk,
    openAiText('a', { logprobs: { content: [] } }),
    openAiText('b'),
  ],
  [
    'an OpenAI chunk with logprobs second',
    mergeOpenAiChunk,
    openAiText('a'),
    openAiText('b', { logprobs: { content: [] } }),
  ],
  [
    'OpenAI tool calls',
    mergeOpenAiChunk,
    openAi({ delta: { tool_calls: [{ index: 0, function: { arguments: '{' } }] } }),
    openAi({ delta: { tool_calls: [{ index: 0, function: { arguments: '}' } }] } }),
  ],
  [
    'OpenAI text before a tool call',
    mergeOpenAiChunk,
    openAiText('a'),
    openAi({ delta: { content: 'b', tool_calls: [{ index: 0 }] } }),
  ],
  [
    'OpenAI text after a tool call',
    mergeOpenAiChunk,
    openAi({ delta: { content: 'a', tool_calls: [{ index: 0 }] } }),
    openAiText('b'),
  ],
  [
    'an OpenAI delta whose role comes second',
    mergeOpenAiChunk,
    openAiText('a'),
    openAi({ delta: { role: 'assistant', content: 'b' } }),
  ],
  [
    'an OpenAI role without text',
    mergeOpenAiChunk,
    openAi({ delta: { role: 'assistant' } }),
    openAiText('b'),
  ],
  ['the last, empty OpenAI delta', mergeOpenAiChunk, openAiText('a'), openAi({ delta: {} })],
  [
    'whole OpenAI completions',
    mergeOpenAiChunk,
    openAiText('a', {}, { object: 'chat.completion' }),
    openAiText('b', {}, { object: 'chat.completion' }),
  ],
  [
    'Anthropic deltas of two content blocks',
    mergeAnthropicDelta,
    anthropicText('a', 0),
    anthropicText('b', 1),
  ],
  [
    'Anthropic tool input',
    mergeAnthropicDelta,
    {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: '{' },
    },
    {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'input_json_delta', partial_json: '}' },
    },
  ],
  [
    'an Anthropic delta and the end of its block',
    mergeAnthropicDelta,
    anthropicText('a'),
    { type: 'content_block_stop', index: 0 },
  ],
  ['an OpenAI and an Anthropic chunk', mergeText, openAiText('a'), anthropicText('b')],
  ['a delta and an OpenAI chunk', mergeText, { delta: 'a' }, openAiText('b')],
]

describe('the ready merges', () => {
  it.each(never)('leave %s alone', (_what, merge, first, second) => {
    expect(merge(frozen(first), frozen(second))).toBeUndefined()
    expect(mergeText(first, second)).toBeUndefined()
  })

  const split = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 30 })
  it.each([
    ['mergeDelta', mergeDelta, (delta: string) => ({ delta })],
    ['mergeOpenAiChunk', mergeOpenAiChunk, (text: string) => openAiText(text)],
    ['mergeAnthropicDelta', mergeAnthropicDelta, (text: string) => anthropicText(text)],
  ] as const)('%s gives the text back, however it was split', (_name, merge, payloadOf) => {
    fc.assert(
      fc.property(split, (pieces) => {
        const [first, ...rest] = pieces.map((piece) => frozen(payloadOf(piece)))
        const merged = rest.reduce<unknown>((before, next) => merge(frozen(before), next), first)
        expect(merged).toEqual(payloadOf(pieces.join('')))
        expect(rest.reduce<unknown>(mergeText, first)).toEqual(merged)
      }),
    )
  })
})

describe('mergeDelta', () => {
  it('joins two deltas', () => {
    expect(mergeDelta({ delta: 'Hel' }, { delta: 'lo' })).toEqual({ delta: 'Hello' })
  })

  it('takes the fields that are null, as the seed sends them, for nothing', () => {
    const none = { usage: null, finish_reason: null }
    expect(mergeDelta({ delta: 'a', ...none }, { delta: 'b', ...none })).toEqual({
      delta: 'ab',
      ...none,
    })
  })

  it('joins empty deltas', () => {
    expect(mergeDelta({ delta: '' }, { delta: '' })).toEqual({ delta: '' })
  })
})

describe('mergeOpenAiChunk', () => {
  it("keeps the second chunk's fields around the joined text", () => {
    const first = openAiText('Hel', {}, { created: 1 })
    const second = openAiText('lo', {}, { created: 2 })
    expect(mergeOpenAiChunk(first, second)).toEqual(openAiText('Hello', {}, { created: 2 }))
  })

  it('keeps the role that the first delta carries beside its text', () => {
    const first = openAi({ delta: { role: 'assistant', content: '' } })
    const merged = mergeOpenAiChunk(frozen(first), frozen(openAiText('Hi')))
    expect(merged).toEqual(openAi({ delta: { role: 'assistant', content: 'Hi' } }))
  })

  it('keeps the finish reason and the usage of the second chunk', () => {
    const second = openAiText('.', { finish_reason: 'stop' }, { usage: { total_tokens: 3 } })
    expect(mergeOpenAiChunk(openAiText('End'), second)).toEqual(
      openAiText('End.', { finish_reason: 'stop' }, { usage: { total_tokens: 3 } }),
    )
  })

  it('takes fields of a delta that are null for nothing', () => {
    const second = openAi({ delta: { content: 'b', tool_calls: null, refusal: null } })
    expect(mergeOpenAiChunk(openAiText('a'), second)).toMatchObject({
      choices: [{ delta: { content: 'ab' } }],
    })
  })

  it('joins two chunks of another choice than the first', () => {
    expect(mergeOpenAiChunk(openAiText('a', { index: 2 }), openAiText('b', { index: 2 }))).toEqual(
      openAiText('ab', { index: 2 }),
    )
  })
})

describe('mergeAnthropicDelta', () => {
  it('joins two text deltas of one content block', () => {
    expect(mergeAnthropicDelta(anthropicText('Hel', 3), anthropicText('lo', 3))).toEqual(
      anthropicText('Hello', 3),
    )
  })
})
