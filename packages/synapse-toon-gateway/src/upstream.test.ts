import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { createOpenAiSource } from './sources/openai.ts'
import {
  asEvent,
  chunk,
  type FakeUpstream,
  finish,
  sendEventStream,
  startGateway,
  startUpstream,
} from './test-kit.ts'

const KEY = 'sk-secret-0123456789'

const openAi = ({ baseUrl }: Pick<FakeUpstream, 'baseUrl'>) =>
  createOpenAiSource({ baseUrl, apiKey: KEY, model: 'test-model' })

describe('an upstream behind the gateway', () => {
  it('gives its text, and its usage in the end', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    const upstream = await startUpstream((response) => {
      sendEventStream(response, chunk('Hel'), chunk('lo'), finish())
      response.end(asEvent({ ...chunk(''), choices: [], usage }) + asEvent('[DONE]'))
    })
    const { url } = await startGateway({ source: openAi(upstream) })
    const answer = await collect(fetch(`${url}/chat/stream?message=hi`))
    expect(answer.text).toBe('Hello')
    expect(answer.end).toEqual({ event: 'done', data: { reason: 'complete', chunks: 4, usage } })
    expect(upstream.requests[0]?.body.messages).toEqual([{ role: 'user', content: 'hi' }])
  })

  it('that is asked too often stays a 429 with its Retry-After', async () => {
    const upstream = await startUpstream((response) => {
      response.writeHead(429, { 'Retry-After': '7' })
      response.end('{"error":{"message":"private words"}}')
    })
    const { url } = await startGateway({ source: openAi(upstream) })
    const response = await fetch(`${url}/chat/stream?message=hi`)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('7')
    expect(await response.json()).toEqual({ error: 'Rate limited' })
  })

  it.each([
    ['answers 500', 500, '{"error":{"message":"private words"}}'],
    ['answers 401', 401, 'private words'],
    ['sends an error first', 200, 'data: {"error":{"message":"private words"}}\n\n'],
    ['sends nothing', 200, ''],
  ])('that %s before the first token is a 500 without its words', async (_, status, body) => {
    const upstream = await startUpstream((response) => response.writeHead(status).end(body))
    const { url } = await startGateway({ source: openAi(upstream) })
    const response = await fetch(`${url}/chat/stream?message=hi`)
    expect(response.status).toBe(500)
    expect(await response.text()).toBe('{"error":"Stream failed"}')
  })

  it.each([
    ['an error', 'data: {"error":{"message":"private words"}}\n\n', false],
    [
      'an error that may pass',
      'event: error\ndata: {"message":"private words","status":503}\n\n',
      true,
    ],
    ['its end, too early', '', true],
    ['what is no JSON', 'data: {"private words\n\n', false],
  ])('that sends %s in the middle ends with an error frame of ours', async (_, rest, retryable) => {
    const upstream = await startUpstream((response) => {
      sendEventStream(response, chunk('Hel'))
      response.end(rest)
    })
    const { url } = await startGateway({ source: openAi(upstream) })
    const answer = await collect(fetch(`${url}/chat/stream?message=hi`))
    expect(answer.text).toBe('Hel')
    expect(answer.end).toEqual({
      event: 'error',
      data: { code: 'source-error', message: 'Stream failed', retryable },
    })
  })

  it('is let go when the client leaves before the first token', async () => {
    let onAsked: () => void
    const asked = new Promise<void>((resolve) => {
      onAsked = resolve
    })
    const upstream = await startUpstream(() => onAsked())
    const { url } = await startGateway({ source: openAi(upstream) })
    const client = openRawClient(`${url}/chat/stream?message=hi`)
    await asked
    client.leave()
    await upstream.left
  })

  it('is let go when the client leaves in the middle and nobody may come back', async () => {
    const upstream = await startUpstream((response) => sendEventStream(response, chunk('a')))
    const { url } = await startGateway({
      source: openAi(upstream),
      streams: { onDisconnect: 'cancel' },
    })
    const client = openRawClient(`${url}/chat/stream?message=hi`)
    await client.waitFor('{"delta":"a"}')
    client.leave()
    await upstream.left
  })

  it('is let go when the answer is stopped', async () => {
    const upstream = await startUpstream((response) => sendEventStream(response, chunk('a')))
    const { url } = await startGateway({ source: openAi(upstream) })
    const client = openRawClient(`${url}/chat/stream?message=hi`)
    await client.waitFor('{"delta":"a"}')
    const id = /X-Synapse-TOON-Stream: (\S+)/.exec(client.received)![1]
    await fetch(`${url}/streams/${id}`, { method: 'DELETE' })
    await upstream.left
    await client.waitFor('event: done')
    client.leave()
  })

  it('does not get the key into an answer or the log, whatever it says', async () => {
    const echo = ({ headers }: { headers: Record<string, unknown> }) =>
      `you sent ${headers.authorization}`
    const upstreams = [
      await startUpstream((response, request) => {
        const body = { error: { message: echo(request) }, key: KEY }
        response.writeHead(401, { 'X-Key': KEY }).end(JSON.stringify(body))
      }),
      await startUpstream((response, request) => response.writeHead(500).end(echo(request))),
      await startUpstream((response, request) => {
        sendEventStream(response, { error: { message: echo(request) } })
      }),
      await startUpstream((response, request) => {
        sendEventStream(response, chunk('a'))
        response.end(`event: error\n${asEvent(echo(request))}`)
      }),
      { baseUrl: 'http://127.0.0.1:1/v1' },
    ]
    for (const upstream of upstreams) {
      const { url, log } = await startGateway({ source: openAi(upstream) })
      const client = openRawClient(`${url}/chat/stream?message=hi`, {
        headers: { Connection: 'close' },
      })
      await client.closed
      expect(client.status).toBeGreaterThan(0)
      const health = await (await fetch(`${url}/healthz`)).text()
      expect(client.received + health + log()).not.toContain(KEY)
    }
  })
})
