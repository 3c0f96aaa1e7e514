import { uiMessageChunkSchema } from 'ai'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AI_SDK_PROFILE } from './ai-sdk.ts'
import { CANCELLED, COMPLETE, failure, readProfile } from './test-kit.ts'

const START = { type: 'start' }
const OPEN = { type: 'text-start', id: 'text' }
const CLOSE = { type: 'text-end', id: 'text' }
const FINISH = { type: 'finish', finishReason: 'stop' }
const delta = (text: string) => ({ type: 'text-delta', id: 'text', delta: text })

const read = readProfile.bind(undefined, AI_SDK_PROFILE)

describe('the profile ai-sdk', () => {
  it('makes one text of deltas, and begins and ends the message', () => {
    expect(read([{ delta: 'Hel' }, 'lo'], COMPLETE)).toEqual([
      START,
      OPEN,
      delta('Hel'),
      delta('lo'),
      CLOSE,
      FINISH,
      '[DONE]',
    ])
  })

  it('lets parts pass, and repeats none of the message that they make', () => {
    const parts = [
      { type: 'start', messageId: 'm' },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'Hi' },
      { type: 'text-end', id: '1' },
      { type: 'finish', finishReason: 'length' },
    ]
    expect(read(parts, COMPLETE)).toEqual([...parts, '[DONE]'])
  })

  it('keeps the order of texts and parts, by a text on each side', () => {
    const source = { type: 'source-url', sourceId: 's', url: 'https://example.org' }
    expect(read(['a', source, 'b'])).toEqual([
      START,
      OPEN,
      delta('a'),
      CLOSE,
      source,
      OPEN,
      delta('b'),
    ])
  })

  it('makes a part of any other payload, and a passing one of a provider’s event', () => {
    const usage = { choices: [], usage: { total_tokens: 3 } }
    const begin = { type: 'message_start', message: {} }
    expect(read([{ type: 'text-delta', sources: 1 }, null, usage, begin])).toEqual([
      START,
      { type: 'data-payload', data: { type: 'text-delta', sources: 1 } },
      { type: 'data-payload', data: null },
      { type: 'data-payload', data: usage, transient: true },
      { type: 'data-payload', data: begin, transient: true },
    ])
  })

  it('says why the model stopped', () => {
    const last = { choices: [{ index: 0, delta: {}, finish_reason: 'content_filter' }] }
    const finish = { type: 'finish', finishReason: 'content-filter' }
    expect(read(['a', last], COMPLETE).slice(-2)).toEqual([finish, '[DONE]'])
  })

  it('is a message without a payload too', () => {
    expect(read([], COMPLETE)).toEqual([START, FINISH, '[DONE]'])
  })

  it('ends an answer that is not whole with an error, and with nothing behind it', () => {
    const error = { type: 'error', errorText: 'it is source-error' }
    expect(read(['a'], failure('source-error', false)).slice(3)).toEqual([CLOSE, error])
    expect(read([], failure('source-error', false))).toEqual([START, error])
  })

  it('tells that somebody stopped it', () => {
    const abort = { type: 'abort', reason: 'cancelled' }
    expect(read(['a'], CANCELLED).slice(3)).toEqual([CLOSE, abort, '[DONE]'])
  })

  it('sends nothing that the AI SDK does not take, and no text that was not there', async () => {
    const text = fc.string({ unit: 'binary' })
    const payload = fc.oneof(
      text,
      text.map((delta) => ({ delta })),
      fc.constantFrom({ type: 'start-step' }, { type: 'data-x', data: 1 }, { type: 'file' }),
      fc.jsonValue(),
    )
    const schema = uiMessageChunkSchema()
    await fc.assert(
      fc.asyncProperty(fc.array(payload), async (payloads) => {
        const events = read(payloads, COMPLETE)
        expect(events.pop()).toBe('[DONE]')
        for (const event of events)
          expect(await schema.validate!(event)).toMatchObject({ success: true })
        const sent = payloads.map((one) =>
          typeof one === 'string' ? one : ((one as { delta?: unknown } | null)?.delta ?? ''),
        )
        const parts = events as { type: string; delta?: string }[]
        const texts = parts.filter(({ type }) => type === 'text-delta').map((part) => part.delta)
        expect(texts.join('')).toBe(sent.filter((one) => typeof one === 'string').join(''))
      }),
    )
  })
})
