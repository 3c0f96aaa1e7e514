import { describe, expect, it } from 'vitest'
import {
  asEvent,
  chunk,
  finish,
  sendEventStream,
  sourceContext,
  startUpstream,
} from '../test-kit.ts'
import { createOpenAiSource } from './openai.ts'
import type { ChatMessage } from './source.ts'
import {
  UpstreamError,
  UpstreamTruncatedError,
  UpstreamUnreachableError,
} from './upstream-error.ts'

const KEY = 'sk-secret-0123456789'
const HELLO: readonly ChatMessage[] = [{ role: 'user', content: 'Hello' }]

/** Asks, and returns what came and how it ended. */
async function ask(baseUrl: string, signal?: AbortSignal) {
  const source = createOpenAiSource({ baseUrl, apiKey: KEY, model: 'test-model' })
  const payloads: unknown[] = []
  try {
    for await (const one of source.open(HELLO, sourceContext(signal)) as AsyncIterable<object>) {
      const payload = source.transform(one)
      if (payload !== undefined) payloads.push(payload)
    }
    return { payloads, error: undefined }
  } catch (error) {
    return { payloads, error: error as UpstreamError }
  }
}

describe('what is asked of the upstream', () => {
  it('is a streamed chat completion with usage, under the key', async () => {
    const upstream = await startUpstream((response) => {
      sendEventStream(response, finish(), '[DONE]')
      response.end()
    })
    await ask(upstream.baseUrl)
    expect(upstream.requests).toMatchObject([
      {
        path: '/v1/chat/completions',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: {
          model: 'test-model',
          messages: HELLO,
          stream: true,
          stream_options: { include_usage: true },
        },
      },
    ])
  })

  it('goes to an address with a query and a slash at its end too', async () => {
    const upstream = await startUpstream((response) => response.end())
    await ask(`${upstream.baseUrl}/?api-version=1`)
    expect(upstream.requests[0]?.path).toBe('/v1/chat/completions?api-version=1')
  })

  it('has no Authorization header without a key', async () => {
    const upstream = await startUpstream((response) => response.end())
    const source = createOpenAiSource({ baseUrl: upstream.baseUrl, model: 'test-model' })
    const chunks = source.open(HELLO, sourceContext()) as AsyncGenerator
    await expect(chunks.next()).rejects.toThrow(UpstreamTruncatedError)
    expect(upstream.requests[0]?.headers.authorization).toBeUndefined()
  })
})

describe('an answer of the upstream', () => {
  it('is its text, its end and its usage', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 }
    const upstream = await startUpstream((response) => {
      sendEventStream(response, chunk('Hel'))
      response.write(': comment\n\n')
      response.write(asEvent(chunk('lo')) + asEvent('') + asEvent(finish()))
      response.end(asEvent({ ...chunk(''), choices: [], usage }) + asEvent('[DONE]'))
    })
    expect(await ask(upstream.baseUrl)).toEqual({
      payloads: [
        { delta: 'Hel' },
        { delta: 'lo' },
        { delta: '', finish_reason: 'stop' },
        { delta: '', usage },
      ],
      error: undefined,
    })
  })

  it('ends with [DONE], even if the line stays open', async () => {
    const upstream = await startUpstream((response) => {
      sendEventStream(response, chunk('a'), '[DONE]')
    })
    expect(await ask(upstream.baseUrl)).toEqual({ payloads: [{ delta: 'a' }], error: undefined })
    await upstream.left
  })

  it('is whole without [DONE] when every choice has its finish_reason', async () => {
    const upstream = await startUpstream((response) => {
      sendEventStream(response, chunk('a'), finish())
      response.end()
    })
    expect((await ask(upstream.baseUrl)).error).toBeUndefined()
  })

  it.each([
    ['a finish_reason', [chunk('a')]],
    ['the finish_reason of its second choice', [chunk('a'), chunk('b', { index: 1 }), finish(0)]],
    ['anything', []],
  ])('is cut when it ends cleanly before %s', async (_, events) => {
    const upstream = await startUpstream((response) => {
      sendEventStream(response, ...events)
      response.end()
    })
    const { error } = await ask(upstream.baseUrl)
    expect(error).toBeInstanceOf(UpstreamTruncatedError)
    expect(error?.status).toBe(502)
  })

  it('is cut when the line breaks', async () => {
    const upstream = await startUpstream((response) => {
      sendEventStream(response, chunk('a'))
      setImmediate(() => response.destroy())
    })
    expect((await ask(upstream.baseUrl)).error).toBeInstanceOf(UpstreamTruncatedError)
  })
})

describe('an upstream that fails', () => {
  it('gives its status, its headers and its body, so that a 429 stays a 429', async () => {
    const body = { error: { message: 'Slow down', type: 'requests' } }
    const upstream = await startUpstream((response) => {
      response.writeHead(429, { 'Retry-After': '7', 'Content-Type': 'application/json' })
      response.end(JSON.stringify(body))
    })
    const { error } = await ask(upstream.baseUrl)
    expect(error).toBeInstanceOf(UpstreamError)
    expect(error).toMatchObject({ status: 429, body })
    expect(error?.headers?.get('retry-after')).toBe('7')
    expect(error?.message).toBe('the upstream answered 429: Slow down')
  })

  it('gives the text of a body that is not JSON', async () => {
    const upstream = await startUpstream((response) => response.writeHead(503).end('<h1>Down</h1>'))
    expect((await ask(upstream.baseUrl)).error).toMatchObject({
      status: 503,
      body: '<h1>Down</h1>',
    })
  })

  it.each([
    ['data: {"error":{"message":"Overloaded","code":503}}\n\n', 503, 'Overloaded'],
    ['data: {"error":"Overloaded"}\n\n', undefined, 'Overloaded'],
    ['event: error\ndata: {"message":"Overloaded","status_code":500}\n\n', 500, 'Overloaded'],
    ['event: error\ndata: {"error":{"message":"Bad","status_code":400}}\n\n', 400, 'Bad'],
  ])('in the middle of a stream fails it there: %j', async (event, status, said) => {
    const upstream = await startUpstream((response) => {
      sendEventStream(response, { ...chunk('a'), error: null })
      response.end(event + asEvent('[DONE]'))
    })
    const { payloads, error } = await ask(upstream.baseUrl)
    expect(payloads).toEqual([{ delta: 'a' }])
    expect(error).toBeInstanceOf(UpstreamError)
    expect(error?.status).toBe(status)
    expect(error?.message).toContain(said)
  })

  it.each(['{"choices":', 'null', '7'])('with an event of %j is not guessed at', async (data) => {
    const upstream = await startUpstream((response) => {
      sendEventStream(response, data, '[DONE]')
      response.end()
    })
    expect((await ask(upstream.baseUrl)).error).toMatchObject({ code: 'ERR_GATEWAY_UPSTREAM' })
  })

  it('to stream is told, instead of an answer that reads as cut', async () => {
    const upstream = await startUpstream((response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"choices":[]}')
    })
    expect((await ask(upstream.baseUrl)).error?.message).toContain('one JSON document')
  })

  it('to be there is a 502, without its address in the message', async () => {
    const { error } = await ask('http://127.0.0.1:1/v1')
    expect(error).toBeInstanceOf(UpstreamUnreachableError)
    expect(error).toMatchObject({ status: 502, message: 'the upstream cannot be reached' })
  })

  it('and repeats the key does not get it into a message', async () => {
    const refusing = await startUpstream((response, { headers }) => {
      response.writeHead(401).end(JSON.stringify({ error: { message: headers.authorization } }))
    })
    const failing = await startUpstream((response, { headers }) => {
      sendEventStream(response, { error: { message: `key ${headers.authorization}` } })
    })
    for (const { baseUrl } of [refusing, failing]) {
      const { error } = await ask(baseUrl)
      expect(error?.message).toContain('Bearer [key]')
      expect(`${error?.message} ${error?.stack}`).not.toContain(KEY)
    }
  })
})

describe('a signal that fires', () => {
  it('closes the line to an upstream that has not answered', async () => {
    const controller = new AbortController()
    const upstream = await startUpstream(() => controller.abort(new Error('nobody listens')))
    expect((await ask(upstream.baseUrl, controller.signal)).error?.message).toBe('nobody listens')
    await upstream.left
  })

  it('closes the line to an upstream in the middle of its answer', async () => {
    const controller = new AbortController()
    const upstream = await startUpstream((response) => {
      sendEventStream(response, chunk('a'))
      setImmediate(() => controller.abort(new Error('nobody listens')))
    })
    expect((await ask(upstream.baseUrl, controller.signal)).error?.message).toBe('nobody listens')
    await upstream.left
  })
})
