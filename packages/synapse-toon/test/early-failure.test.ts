import { createSynapseToon } from 'synapse-toon'
import { collect, createScriptedSource } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { listen, refusalOf } from './test-server.ts'

const SECRET = 'Incorrect API key provided: sk-live-123 at upstream.internal'

function failing(error: unknown, after: unknown[] = []) {
  return createScriptedSource([...after.map((chunk) => ({ yield: chunk })), { throw: error }])
}

async function serveFailing(error: unknown, after: unknown[] = [], options = {}) {
  const toon = createSynapseToon(options)
  const { url } = await listen((req, res) => toon.pipe(failing(error, after).source, { req, res }))
  return url
}

class RateLimited extends Error {
  readonly status = 429
  readonly headers = new Headers({ 'retry-after': '17' })
}

describe('a source that fails before its first payload', () => {
  it("is a 500 with the seed's body, and no word of the upstream", async () => {
    const response = await fetch(await serveFailing(new Error(SECRET)))
    expect(response.status).toBe(500)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.text()).toBe('{"error":"Stream failed"}')
  })

  it('is a 429 that keeps Retry-After when the upstream is rate limited', async () => {
    const response = await fetch(await serveFailing(new RateLimited(SECRET)))
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('17')
    expect(await response.text()).toBe('{"error":"Rate limited"}')
  })

  it('does not pass on a Retry-After that could carry anything else', async () => {
    const error = Object.assign(new Error(), {
      status: 429,
      headers: { 'Retry-After': `1\r\nSet-Cookie: a=b` },
    })
    const response = await fetch(await serveFailing(error))
    expect(response.status).toBe(429)
    expect(response.headers.has('retry-after')).toBe(false)
    expect(response.headers.has('set-cookie')).toBe(false)
  })

  const fallback = (error: unknown) =>
    error instanceof RateLimited ? { error: 'Rate limited, using standard response' } : undefined

  it("is the fallback's payload where it has one", async () => {
    const url = await serveFailing(new RateLimited(), [], { fallback })
    const response = await fetch(url)
    expect(response.status).toBe(200)
    expect(await refusalOf(response)).toEqual({ error: 'Rate limited, using standard response' })
  })

  it("is the fallback as TOON, with the caller's status, where the client asks for that", async () => {
    const url = await serveFailing(new RateLimited(), [], { fallback, fallbackStatus: 203 })
    const response = await fetch(url, {
      headers: { accept: 'text/event-stream, application/x-synapse-toon' },
    })
    expect(response.status).toBe(203)
    expect(response.headers.get('content-type')).toBe('application/x-synapse-toon')
    expect(await response.text()).toBe('error: "Rate limited, using standard response"')
  })

  it("is the seed's 500 for an error that the fallback does not take", async () => {
    const response = await fetch(await serveFailing(new Error('x'), [], { fallback }))
    expect(response.status).toBe(500)
    expect(await refusalOf(response)).toEqual({ error: 'Stream failed' })
  })

  it('says what the caller exposes, and only that', async () => {
    const url = await serveFailing(new Error(SECRET), [], {
      exposeError: () => 'The model is busy',
    })
    expect(await (await fetch(url)).json()).toEqual({ error: 'The model is busy' })
  })

  it.each([
    ['connect', 'connect-timeout', () => new Promise<never>(() => {})],
    ['firstChunk', 'first-chunk-timeout', createScriptedSource([{ hang: true }]).source],
  ])('by the deadline %s is a 504 that names the reason', async (option, code, source) => {
    const toon = createSynapseToon({ deadlines: { [option]: 30 } })
    const { url } = await listen((req, res) => toon.pipe(source, { req, res }))
    const response = await fetch(url)
    expect(response.status).toBe(504)
    expect((await refusalOf(response)).code).toBe(code)
  })

  it('is a status even when headers wait a long time, until commitAfter', async () => {
    const toon = createSynapseToon({ commitAfter: 40 })
    const script = createScriptedSource([{ delay: 100 }, { throw: new Error(SECRET) }])
    const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
    // Compressed, there would be the beginnings of comments that push bits out.
    const got = await collect(fetch(url, { headers: { 'Accept-Encoding': 'identity' } }))
    // Committed before the failure: a comment keeps the line open, then the failure is a frame.
    expect(got.status).toBe(200)
    expect(got.comments).toEqual(['ping'])
    expect(got.end).toEqual({
      event: 'error',
      data: { code: 'source-error', message: 'Stream failed', retryable: false },
    })
  })
})

describe('a source that fails after its first payload', () => {
  it('ends with one error frame, and no word of the upstream', async () => {
    const got = await collect(fetch(await serveFailing(new Error(SECRET), [{ delta: 'a' }])))
    expect(got.status).toBe(200)
    expect(got.events.map(({ event }) => event)).toEqual(['update', 'error'])
    expect(JSON.stringify(got.events)).not.toContain('sk-live')
    expect(JSON.stringify(got.events)).not.toContain('upstream')
    expect(got.broken).toBe(false)
  })

  it('tells by "retryable" whether trying again may help', async () => {
    const got = await collect(fetch(await serveFailing(new RateLimited(), [{ delta: 'a' }])))
    expect(got.end?.data).toMatchObject({ code: 'source-error', retryable: true })
  })

  it.each([
    ['idle', 'idle-timeout', true],
    ['total', 'deadline', false],
  ])('by the deadline %s says so', async (option, code, retryable) => {
    const toon = createSynapseToon({ deadlines: { [option]: 50 } })
    const script = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])
    const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
    const got = await collect(fetch(url))
    expect(got.end?.data).toMatchObject({ code, retryable })
    expect(script.open).toBe(0)
  })
})

describe('a stream without payloads', () => {
  it('is committed and done', async () => {
    const toon = createSynapseToon()
    const { url } = await listen((req, res) => toon.pipe([], { req, res }))
    const got = await collect(fetch(url))
    expect(got.status).toBe(200)
    expect(got.end).toEqual({ event: 'done', data: { reason: 'complete', chunks: 0 } })
  })
})
