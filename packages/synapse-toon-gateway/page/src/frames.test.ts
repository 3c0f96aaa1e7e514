import { describe, expect, it } from 'vitest'
import { readDone, readFailure, readGap, readPayload } from './frames.ts'

describe('readPayload', () => {
  it('reads the seed payload and the fields beside delta', () => {
    expect(readPayload('{"delta":"Hel"}')).toMatchObject({ delta: 'Hel', reasoning: '', index: 0 })
    expect(
      readPayload('{"delta":"","reasoning":"Hm","index":1,"finish_reason":"stop","usage":null}'),
    ).toEqual({ delta: '', reasoning: 'Hm', index: 1, finishReason: 'stop', usage: undefined })
  })

  it.each([
    ['OpenAI', { prompt_tokens: 3, completion_tokens: 7 }],
    ['Anthropic', { input_tokens: 3, output_tokens: 7 }],
    ['AI SDK', { inputTokens: 3, outputTokens: 7 }],
  ])('reads usage with the names of %s', (_, usage) => {
    expect(readPayload(JSON.stringify({ delta: '', usage }))?.usage).toEqual({
      input: 3,
      output: 7,
    })
  })

  it.each(['', 'eyJ9', 'null', '[]', '"a"', '{}', '{"delta":null}'])(
    'does not take %j for a payload',
    (data) => {
      expect(readPayload(data)).toBeUndefined()
    },
  )
})

describe('terminal frames', () => {
  it('a done frame says how it ended', () => {
    expect(readDone('{"reason":"cancelled","chunks":4}').reason).toBe('cancelled')
    expect(readDone('{"reason":"complete","usage":{"output_tokens":2}}')).toEqual({
      reason: 'complete',
      usage: { input: undefined, output: 2 },
    })
  })

  it('an error frame that cannot be read is still an error', () => {
    expect(readFailure('nonsense')).toMatchObject({ code: 'unknown', retryable: false })
    expect(readFailure('{"code":"shutdown","message":"m","retryable":true}')).toEqual({
      code: 'shutdown',
      message: 'm',
      retryable: true,
    })
  })
})

it('a gap frame needs both ends, in order', () => {
  expect(readGap('{"from":3,"to":5}')).toEqual({ from: 3, to: 5 })
  expect(readGap('{"from":5,"to":3}')).toBeUndefined()
  expect(readGap('{"from":5}')).toBeUndefined()
})
