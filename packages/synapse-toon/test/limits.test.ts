import { createSynapseToon, RefusedError } from 'synapse-toon'
import { collect, createScriptedSource, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { listen, refusalOf, until } from './test-server.ts'

async function limited(options: Parameters<typeof createSynapseToon>[0]) {
  const script = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])
  const toon = createSynapseToon({ onDisconnect: 'cancel', ...options })
  const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
  const open = async (headers: Record<string, string> = {}) => {
    const client = openRawClient(url, { headers })
    await client.waitFor('"a"')
    return client
  }
  return { script, toon, url, open }
}

describe('limits of one process', () => {
  it('refuse with 429, which limit, and when to come back; a client that left makes room', async () => {
    const { script, url, open } = await limited({ limits: { maxStreamsPerUser: 1 } })
    const first = await open()
    const response = await fetch(url)
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(response.headers.get('ratelimit')).toBe('"streams-per-user";r=0')
    expect(await refusalOf(response)).toMatchObject({
      code: 'ERR_SYNAPSE_LIMIT',
      limit: 'streams-per-user',
    })
    expect(script.runs).toBe(1)
    first.leave()
    await until(() => script.open === 0, 'the first stream is over')
    ;(await open()).leave()
  })

  it('answer 503 when the server as a whole is full', async () => {
    const { url, open } = await limited({ limits: { maxStreams: 1 } })
    await open()
    const response = await fetch(url)
    expect(response.status).toBe(503)
    expect(await refusalOf(response)).toMatchObject({ limit: 'streams' })
  })

  it('say in the head of a stream what is left of the starts', async () => {
    const { url, open } = await limited({ limits: { starts: { limit: 2, windowMs: 60_000 } } })
    const first = await open()
    expect(first.received).toContain('RateLimit-Policy: "starts";q=2;w=60')
    expect(first.received).toMatch(/RateLimit: "starts";r=1;t=\d+/)
    await open()
    expect((await fetch(url)).status).toBe(429)
  })

  it('count by principal, which a function finds in the request', async () => {
    const { url, open } = await limited({
      limits: { maxStreamsPerUser: 1 },
      principal: (request) => request.header('x-user'),
    })
    await open({ 'X-User': 'ann' })
    await open({ 'X-User': 'bob' })
    expect((await fetch(url, { headers: { 'X-User': 'ann' } })).status).toBe(429)
  })

  it('count by the address that trusted proxies give', async () => {
    const { url, open } = await limited({ limits: { maxStreamsPerUser: 1 }, trustProxy: 1 })
    await open({ 'X-Forwarded-For': '1.1.1.1' })
    await open({ 'X-Forwarded-For': '1.1.1.1, 2.2.2.2' })
    expect((await fetch(url, { headers: { 'X-Forwarded-For': '9.9.9.9, 1.1.1.1' } })).status).toBe(
      429,
    )
  })

  it('do not count a client that only comes back', async () => {
    const toon = createSynapseToon({
      limits: { maxStreams: 1, starts: { limit: 1, windowMs: 60_000 } },
    })
    const { url } = await listen((req, res) => toon.pipe(() => [1, 2], { req, res }))
    const { events } = await collect(fetch(url))
    const back = await fetch(url, { headers: { 'Last-Event-ID': events[0]!.id! } })
    expect(back.status).toBe(200)
  })

  it('hold for streams that are started on their own', async () => {
    const toon = createSynapseToon({ limits: { maxStreams: 1 } })
    const script = createScriptedSource([{ hang: true }])
    const handle = await toon.start(script.source)
    await expect(toon.start(script.source)).rejects.toThrow(RefusedError)
    handle.cancel()
    await handle.done
    ;(await toon.start(script.source)).cancel()
  })
})

describe('a principal that is a function', () => {
  it('may refuse the request', async () => {
    const { script, url } = await limited({
      principal: () => {
        throw new RefusedError('unauthorized', 401, 'sign in first')
      },
    })
    const response = await fetch(url)
    expect(response.status).toBe(401)
    expect(await refusalOf(response)).toEqual({ error: 'sign in first', code: 'unauthorized' })
    expect(script.runs).toBe(0)
  })

  it('binds a resume to whom it found', async () => {
    const toon = createSynapseToon({ principal: async (request) => request.header('x-user') })
    const { url } = await listen((req, res) => toon.pipe(() => [1, 2], { req, res }))
    const { events } = await collect(fetch(url, { headers: { 'x-user': 'ann' } }))
    const back = (user: string) =>
      fetch(url, { headers: { 'x-user': user, 'Last-Event-ID': events[0]!.id! } })
    expect((await back('ann')).status).toBe(200)
    expect((await back('bob')).status).toBe(404)
  })

  it('cannot be used where there is no request', async () => {
    const toon = createSynapseToon({ principal: () => 'ann' })
    await expect(toon.start([1])).rejects.toThrow('principal must be a string for start')
    const handle = await toon.start([1], { principal: 'ann' })
    expect((await handle.done).principal).toBe('ann')
  })
})
