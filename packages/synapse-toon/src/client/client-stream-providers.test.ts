import { describe, expect, it } from 'vitest'
import { StreamFailedError, TruncatedStreamError } from './errors.ts'
import { EVENT_STREAM, type ReadingOptions, read } from './test-kit.ts'

function open(protocol: 'openai' | 'anthropic', body: string[], options: ReadingOptions = {}) {
  const answer = { plain: true, headers: EVENT_STREAM, body }
  return read([answer], { protocol, body: { stream: true }, ...options })
}

function data(...values: unknown[]): string[] {
  return values.map((value) => `data: ${JSON.stringify(value)}\n\n`)
}

function named(event: string, value: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(value)}\n\n`
}

function chunk(content: string, finish_reason: string | null = null, index = 0) {
  return {
    object: 'chat.completion.chunk',
    choices: [{ index, delta: { content }, finish_reason }],
  }
}

const DONE = 'data: [DONE]\n\n'

describe('openai, Chat Completions', () => {
  it('is read to [DONE], with its text and usage', async () => {
    const usage = { choices: [], usage: { total_tokens: 9 } }
    const body = [...data(chunk('Hel'), chunk('lo'), chunk('', 'stop'), usage), DONE]
    const reading = await open('openai', [': ping\n', ...body])
    expect(reading.error).toBeUndefined()
    expect(reading.events.map(({ payload }) => payload)).toEqual([
      chunk('Hel'),
      chunk('lo'),
      chunk('', 'stop'),
      usage,
    ])
    expect(await reading.stream.done).toMatchObject({
      reason: 'complete',
      text: 'Hello',
      usage: { total_tokens: 9 },
    })
  })

  it('is truncated by a clean end without [DONE], and never asked for again', async () => {
    const reading = await open('openai', data(chunk('Hel')))
    await reading.clock.advance(100_000)
    expect(reading.asked).toHaveLength(1)
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
    expect(reading.error).toMatchObject({ text: 'Hel' })
  })

  it('is truncated by a [DONE] that some proxy wrote: a choice without a finish_reason did not end', async () => {
    const one = await open('openai', [...data(chunk('Hel')), DONE])
    expect(one.error).toMatchObject({ code: 'ERR_SYNAPSE_TRUNCATED', text: 'Hel' })
    const two = await open('openai', [...data(chunk('a', 'stop', 0), chunk('b', null, 1)), DONE])
    expect(two.error).toBeInstanceOf(TruncatedStreamError)
    // A later chunk of a choice that has ended (content filters) takes nothing back.
    const late = await open('openai', [...data(chunk('a', 'stop'), chunk('')), DONE])
    expect(late.error).toBeUndefined()
  })

  it.each([
    [
      'data',
      data({ error: { message: 'Overloaded', type: 'server_error', code: null } }),
      { reason: 'server_error', message: 'Overloaded', retryable: true },
    ],
    [
      'an error event',
      [named('error', { error: { message: 'bad call', code: 'tool_use_failed' } })],
      { reason: 'tool_use_failed', message: 'bad call', retryable: false },
    ],
    [
      'a chunk with an error beside its choices',
      data({ ...chunk('x', 'error'), error: { code: 502, message: 'upstream' } }),
      { reason: '502', message: 'upstream', retryable: true },
    ],
    [
      'a text',
      data({ error: 'too many' }),
      { reason: 'error', message: 'too many', retryable: false },
    ],
  ])('ends with the error that comes as %s', async (_form, body, error) => {
    const reading = await open('openai', [...data(chunk('Hel')), ...body, DONE])
    expect(reading.error).toBeInstanceOf(StreamFailedError)
    expect(reading.error).toMatchObject({ ...error, text: 'Hel' })
  })

  it('is not asked for again after a refusal, though the status may say so', async () => {
    const headers = { 'Retry-After': '3' }
    const reading = await read([{ status: 429, headers, body: ['{"error":{"message":"slow"}}'] }], {
      protocol: 'openai',
    })
    expect(reading.asked).toHaveLength(1)
    expect(reading.error).toMatchObject({
      status: 429,
      retryAfter: 3000,
      message: 'status 429: slow',
    })
  })
})

describe('openai, Responses', () => {
  const created = { type: 'response.created', response: { error: null, usage: null } }
  const delta = (text: string) => ({ type: 'response.output_text.delta', delta: text })

  it.each(['completed', 'incomplete'])('ends with response.%s, which is handed on', async (how) => {
    const end = { type: `response.${how}`, response: { usage: { total_tokens: 3 } } }
    const events = [created, delta('Hel'), delta('lo'), end]
    const reading = await open(
      'openai',
      events.map((event) => named(event.type, event)),
    )
    expect(reading.error).toBeUndefined()
    expect(reading.events.map(({ event }) => event)).toEqual(events.map(({ type }) => type))
    expect(await reading.stream.done).toMatchObject({ text: 'Hello', usage: { total_tokens: 3 } })
  })

  it.each([
    [{ type: 'response.failed', response: { error: { code: 'server_error', message: 'sorry' } } }],
    [{ type: 'error', code: 'server_error', message: 'sorry', sequence_number: 4 }],
    [{ type: 'error', error: { code: 'server_error', message: 'sorry' } }],
  ])('ends with its error: %j', async (error) => {
    const reading = await open('openai', [named(error.type, error)])
    expect(reading.error).toMatchObject({
      reason: 'server_error',
      message: 'sorry',
      retryable: true,
    })
  })

  it('is truncated without an end', async () => {
    const reading = await open('openai', [named('response.created', created)])
    expect(reading.error).toBeInstanceOf(TruncatedStreamError)
  })
})

describe('anthropic, Messages', () => {
  const start = { type: 'message_start', message: { usage: { input_tokens: 2 } } }
  const delta = (text: string) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text },
  })
  const stop = { type: 'message_stop' }

  it('ends with message_stop; pings are no events, unknown events are', async () => {
    const usage = { type: 'message_delta', delta: {}, usage: { output_tokens: 5 } }
    const thinking = {
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'thinking_delta', thinking: 'hm' },
    }
    const news = { type: 'something_new', value: 1 }
    const events = [start, { type: 'ping' }, thinking, delta('Hel'), news, delta('lo'), usage, stop]
    const reading = await open(
      'anthropic',
      events.map((event) => named(event.type, event)),
    )
    expect(reading.error).toBeUndefined()
    expect(reading.events.map(({ event }) => event)).toEqual(
      events.map(({ type }) => type).filter((type) => type !== 'ping'),
    )
    expect(await reading.stream.done).toMatchObject({
      reason: 'complete',
      text: 'Hello',
      usage: { output_tokens: 5 },
      dropped: 1,
    })
  })

  it.each([
    ['overloaded_error', true],
    ['api_error', true],
    ['rate_limit_error', true],
    ['invalid_request_error', false],
    ['authentication_error', false],
  ])('ends with its error: %s', async (type, retryable) => {
    const error = { type: 'error', error: { type, message: 'sorry' } }
    const reading = await open('anthropic', [named('x', delta('Hel')), named('error', error)])
    expect(reading.error).toMatchObject({ reason: type, message: 'sorry', retryable, text: 'Hel' })
    expect((reading.error as StreamFailedError).data).toEqual(error)
  })

  it('is truncated by a clean end without message_stop, and by [DONE] alone', async () => {
    const cut = await open('anthropic', [named('content_block_delta', delta('Hel'))])
    expect(cut.error).toMatchObject({ code: 'ERR_SYNAPSE_TRUNCATED', text: 'Hel' })
    expect(cut.asked).toHaveLength(1)
    const marked = await open('anthropic', [named('content_block_delta', delta('Hel')), DONE])
    expect(marked.error).toMatchObject({ code: 'ERR_SYNAPSE_PAYLOAD' })
  })

  it('takes lines that are padded with blanks', async () => {
    const reading = await open('anthropic', [
      'event: message_stop\ndata: {"type":"message_stop"         }   \n\n',
    ])
    expect(reading.error).toBeUndefined()
  })

  it('counts pings for the line and not for the content', async () => {
    const answer = { plain: true, headers: EVENT_STREAM, end: 'hang' as const }
    const reading = await read([answer], {
      protocol: 'anthropic',
      timeouts: { lineIdle: 20_000, contentIdle: 50_000 },
    })
    for (let n = 0; n < 3; n++) {
      await reading.clock.advance(15_000)
      reading.bodies[0]!.send(named('ping', { type: 'ping' }))
    }
    await reading.clock.advance(5000)
    expect(reading.error).toMatchObject({ kind: 'content' })
  })
})
