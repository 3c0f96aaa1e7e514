import { describe, expect, it } from 'vitest'
import { chunk, finish } from '../test-kit.ts'
import { FinishWatch, splitChoices, toPayload } from './chat-chunk.ts'

const delta = (fields: Record<string, unknown>) => ({ choices: [{ index: 0, delta: fields }] })
const usage = { prompt_tokens: 3, completion_tokens: 2 }

describe('a chunk as a payload', () => {
  it.each([
    ['text', chunk('Hel'), { delta: 'Hel' }],
    ['another choice', chunk('Hel', { index: 1 }), { delta: 'Hel', index: 1 }],
    [
      'DeepSeek thinking',
      delta({ content: null, reasoning_content: 'hm' }),
      { delta: '', reasoning: 'hm' },
    ],
    ['Groq thinking', delta({ reasoning: 'hm' }), { delta: '', reasoning: 'hm' }],
    ['an end', finish(), { delta: '', finish_reason: 'stop' }],
    [
      'text with its end',
      chunk('.', { finish_reason: 'length' }),
      { delta: '.', finish_reason: 'length' },
    ],
    ['usage without choices', { choices: [], usage }, { delta: '', usage }],
    ['usage beside text', chunk('a', { usage }), { delta: 'a', usage }],
    [
      'tool calls',
      delta({ tool_calls: [{ index: 0 }] }),
      { delta: '', tool_calls: [{ index: 0 }] },
    ],
  ])('carries %s', (_, given, payload) => {
    expect(toPayload(given)).toEqual(payload)
  })

  it.each([
    ['a role only', delta({ role: 'assistant', content: '' })],
    ['a role only, for another choice', { choices: [{ index: 1, delta: { role: 'assistant' } }] }],
    ["Azure's first, without choices", { choices: [], usage: null, prompt_filter_results: [] }],
    ['no tool calls', delta({ tool_calls: null, content: null })],
    ['no delta', { choices: [{ index: 0, content_filter_results: {} }] }],
    ['content of another type', delta({ content: [{ type: 'text', text: 'a' }] })],
    ['choices of another type', { choices: 'none' }],
    ['nothing', {}],
  ])('is skipped when it holds %s', (_, given) => {
    expect(toPayload(given)).toBeUndefined()
  })
})

describe('a chunk of several choices', () => {
  it('becomes one chunk for each, and its usage goes with the last', () => {
    const choices = [...chunk('a').choices, ...chunk('b', { index: 1 }).choices]
    const payloads = splitChoices({ choices, usage }).map(toPayload)
    expect(payloads).toEqual([{ delta: 'a' }, { delta: 'b', index: 1, usage }])
  })

  it('is left as it is when it has one choice or none', () => {
    const single = chunk('a')
    expect(splitChoices(single)).toEqual([single])
    expect(splitChoices({ choices: [], usage })).toEqual([{ choices: [], usage }])
  })
})

describe('whether an answer has said everything', () => {
  const isFinished = (chunks: readonly object[]) => {
    const watch = new FinishWatch()
    for (const one of chunks) watch.see(one)
    return watch.isFinished
  }

  it('is not so while one of its choices is open', () => {
    expect(isFinished([chunk('a'), chunk('b', { index: 1 }), finish(0)])).toBe(false)
    expect(isFinished([chunk('a'), chunk('b', { index: 1 }), finish(0), finish(1)])).toBe(true)
  })

  it('is not so when nothing came', () => {
    expect(isFinished([])).toBe(false)
  })
})
