import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { scriptedAnswers, startGateway, words } from '../test-kit.ts'

const JSON_BODY = { method: 'POST', headers: { 'Content-Type': 'application/json' } }

describe('asking', () => {
  it('streams the answer to a native EventSource', async () => {
    const { source, script } = scriptedAnswers(words('Hel', 'lo'))
    const { url } = await startGateway({ source })
    const answer = await collect(fetch(`${url}/chat/stream?message=hi`))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    const streamId = answer.headers.get('x-synapse-toon-stream')
    expect(answer.headers.get('content-location')).toBe(`/streams/${streamId}`)
    expect(answer.payloads).toEqual([{ delta: 'Hel' }, { delta: 'lo' }])
    expect(answer.end).toEqual({ event: 'done', data: { reason: 'complete', chunks: 2 } })
    expect(script.runs).toBe(1)
  })

  it.each([
    [{ message: 'hi' }, [{ role: 'user', content: 'hi' }]],
    [{ messages: [{ role: 'user', content: 'a' }] }, [{ role: 'user', content: 'a' }]],
  ])('may be a POST of %j', async (body, messages) => {
    const { source } = scriptedAnswers(words('Hello'))
    const seen: unknown[] = []
    const { url } = await startGateway({
      source: {
        ...source,
        open(given, context) {
          seen.push(given)
          return source.open(given, context)
        },
      },
    })
    const asked = fetch(`${url}/chat/stream`, { ...JSON_BODY, body: JSON.stringify(body) })
    expect((await collect(asked)).text).toBe('Hello')
    expect(seen).toEqual([messages])
  })

  it('may be for the whole answer, or another payload encoding', async () => {
    const { url } = await startGateway({ source: scriptedAnswers(words('Hello')).source })
    const whole = await fetch(`${url}/chat/stream?message=hi`, {
      headers: { Accept: 'application/json' },
    })
    expect(await whole.json()).toMatchObject({ payloads: [{ delta: 'Hello' }] })
    const toon = await collect(fetch(`${url}/chat/stream?message=hi&encoding=toon`))
    expect(toon.headers.get('x-synapse-toon-encoding')).toBe('toon')
    expect(toon.text).toBe('Hello')
  })

  it('may be long, in an address too', async () => {
    const { url } = await startGateway({ source: scriptedAnswers(words('Hello')).source })
    const message = encodeURIComponent('é'.repeat(16_384))
    expect((await collect(fetch(`${url}/chat/stream?message=${message}`))).text).toBe('Hello')
  })
})

describe('coming back', () => {
  it('after the end gives 204, in the middle the rest, and asks the source only once', async () => {
    const { source, script } = scriptedAnswers(words('a', 'b', 'c'))
    const { url } = await startGateway({ source })
    const address = `${url}/chat/stream?message=hi`
    const first = await collect(fetch(address))
    const comeBack = (lastEventId: string) =>
      collect(fetch(address, { headers: { 'Last-Event-ID': lastEventId } }))

    expect(first.events).toHaveLength(4)
    expect((await comeBack(first.events[3]!.lastEventId)).status).toBe(204)
    const rest = await comeBack(first.events[0]!.lastEventId)
    expect(rest.text).toBe('bc')
    expect(rest.end?.event).toBe('done')
    expect(script.runs).toBe(1)
  })

  it('to an answer that runs goes on with it live', async () => {
    const { source, script } = scriptedAnswers([...words('a', 'b'), { hang: true }])
    const { url, toon } = await startGateway({ source })
    const client = openRawClient(`${url}/chat/stream?message=hi`)
    await client.waitFor('{"delta":"b"}')
    client.leave()
    const [firstId] = /[0-9a-f-]{23}-0{11}1/.exec(client.received)!
    const again = await fetch(`${url}/chat/stream?message=hi`, {
      headers: { 'Last-Event-ID': firstId },
    })
    expect(await toon.cancel(firstId.slice(0, 23))).toBe(true)
    const rest = await collect(again)
    expect(rest.text).toBe('b')
    expect(rest.end?.data).toMatchObject({ reason: 'cancelled' })
    expect(script.runs).toBe(1)
  })

  it('to a stream that is gone gives 410, and does not ask the source', async () => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    const gone = await fetch(`${url}/chat/stream?message=hi`, {
      headers: { 'Last-Event-ID': '5f0c7a52-91d3-8e14-b0a6-00000000002a' },
    })
    expect(gone.status).toBe(410)
    expect(script.runs).toBe(0)
  })
})

describe('a request that is refused', () => {
  it.each<[string, string, RequestInit, number, string]>([
    ['no message', '', {}, 400, 'message must be text'],
    ['an empty message', '?message=', {}, 400, 'message must be text'],
    ['two messages', '?message=a&message=b', {}, 400, 'got ["a","b"]'],
    ['a long message', `?message=${'a'.repeat(40_000)}`, {}, 400, 'this one has 40000'],
    ['an address without end', `?message=${'a'.repeat(200_000)}`, {}, 431, 'POST /chat/stream'],
    ['no body', '', { method: 'POST' }, 400, 'body must be a JSON object'],
    ['no JSON', '', { ...JSON_BODY, body: '{' }, 400, 'JSON'],
    [
      'another media type',
      '',
      { method: 'POST', body: new Blob(['a=b'], { type: 'x/y' }) },
      415,
      'Unsupported Media Type',
    ],
    ['a body without end', '', { ...JSON_BODY, body: `"${'a'.repeat(2 ** 20)}"` }, 413, 'large'],
    ['HEAD', '?message=a', { method: 'HEAD' }, 404, ''],
    ['an unknown encoding', '?message=a&encoding=gzip', {}, 400, 'encoding'],
  ])('for %s is told why as { error }, and asks nothing', async (_, query, init, status, text) => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    const response = await fetch(`${url}/chat/stream${query}`, init)
    expect(response.status).toBe(status)
    if (init.method !== 'HEAD') {
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      const body = (await response.json()) as { error: string }
      expect(body.error).toContain(text)
    }
    expect(script.runs).toBe(0)
  })
})
