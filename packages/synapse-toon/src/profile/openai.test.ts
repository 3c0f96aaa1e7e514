import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createOpenAiProfile } from './openai.ts'
import { CANCELLED, COMPLETE, failure, readProfile, STREAM } from './test-kit.ts'

const PROFILE = createOpenAiProfile('some-model')

const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
  id: 'chatcmpl-5f0c7a52-91d3-8e14-b0a6',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'some-model',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
})

const STOP = chunk({}, 'stop')

const theirs = (content: string, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason }],
})

const textOf = (events: unknown[]) =>
  (events as ReturnType<typeof theirs>[]).map(({ choices }) => choices?.[0]?.delta.content).join('')

describe('the profile openai', () => {
  it('makes chunks of text, the first of which names the role, and ends them', () => {
    expect(readProfile(PROFILE, [{ delta: 'Hel' }, 'lo'], COMPLETE)).toEqual([
      chunk({ role: 'assistant', content: 'Hel' }),
      chunk({ content: 'lo' }),
      STOP,
      '[DONE]',
    ])
  })

  it('lets chunks pass to the byte, and adds no second end to theirs', () => {
    const json = JSON.stringify({ ...theirs('Hél'), extra: [1] })
    const record = { seq: 1, event: 'update', json } as const
    expect(PROFILE.frame(STREAM, record, 0).text).toBe(`data: ${json}\n\n`)
    const chunks = [
      theirs('Hel'),
      theirs('lo', 'length'),
      { choices: [], usage: { total_tokens: 2 } },
    ]
    expect(readProfile(PROFILE, chunks, COMPLETE)).toEqual([...chunks, '[DONE]'])
  })

  it('does not pass a stream of others that was cut off as a whole one', () => {
    expect(readProfile(PROFILE, [theirs('Hel')], COMPLETE)).toEqual([
      theirs('Hel'),
      { error: expect.objectContaining({ code: 'truncated', type: 'server_error' }) },
    ])
  })

  it('hands any other payload on in a field of its own, where it says nothing of the text', () => {
    expect(readProfile(PROFILE, [{ error: 'mine' }, null])).toEqual([
      chunk({ role: 'assistant' }, null, { payload: { error: 'mine' } }),
      chunk({}, null, { payload: null }),
    ])
  })

  it('says that an answer was cut off at a limit, in whatever words its provider said it', () => {
    const payloads = [
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hel' } },
      { type: 'message_delta', delta: { stop_reason: 'max_tokens' } },
      { type: 'message_stop' },
    ]
    expect(readProfile(PROFILE, payloads, COMPLETE).slice(-2)).toEqual([
      chunk({}, 'length'),
      '[DONE]',
    ])
  })

  it('puts what was used on the last chunk', () => {
    const usage = { total_tokens: 3 }
    const end = { event: 'done', data: { reason: 'complete', chunks: 1, usage } } as const
    expect(readProfile(PROFILE, ['Hi'], end).at(-2)).toEqual(chunk({}, 'stop', { usage }))
  })

  it('is whole without a payload', () => {
    expect(readProfile(PROFILE, [], COMPLETE)).toEqual([STOP, '[DONE]'])
  })

  it.each([
    [failure('idle-timeout', true), 'server_error'],
    [failure('source-error', false), 'stream_error'],
  ])('ends an answer that is not whole with an error, and never with [DONE]: %j', (end, type) => {
    const { code, message } = end.data
    const events = readProfile(PROFILE, [theirs('Hel', 'stop')], end)
    expect(events.slice(1)).toEqual([{ error: { message, type, param: null, code } }])
  })

  it('tells a reader of a stream that somebody stopped that it is not whole', () => {
    const events = readProfile(PROFILE, ['Hel'], CANCELLED)
    expect(events.slice(1)).toEqual([{ error: expect.objectContaining({ code: 'cancelled' }) }])
  })

  it('loses and adds no character, of any text in any form', () => {
    const form = fc.constantFrom(
      (text: string): unknown => text,
      (delta: string) => ({ delta }),
      theirs,
    )
    const deltas = fc.array(fc.tuple(fc.string({ unit: 'binary' }), form))
    fc.assert(
      fc.property(deltas, (all) => {
        const events = readProfile(
          PROFILE,
          all.map(([text, make]) => make(text)),
          COMPLETE,
        )
        expect(textOf(events)).toBe(all.map(([text]) => text).join(''))
        // Chunks of theirs without a `finish_reason` are a stream that was cut.
        const isCut = all.some(([, make]) => make === theirs)
        expect(events.at(-1) === '[DONE]').toBe(!isCut)
      }),
    )
  })
})
