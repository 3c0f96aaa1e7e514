import express from 'express'
import { createSynapseToon } from 'synapse-toon'
import { synapseToon } from 'synapse-toon/express'
import { collect, createScriptedSource } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { listen } from './test-server.ts'

describe('in Express', () => {
  it('res.synapseToonStream streams, resumes, and takes options like every other output', async () => {
    const script = createScriptedSource([{ yield: 1 }, { yield: 2 }])
    const app = express().use(synapseToon({ streamUrl: (id) => `/streams/${id}` }))
    app.get('/chat', (_req, res) =>
      res.synapseToonStream(script.source, (n) => ({ n }), { heartbeat: 0 }),
    )
    const { url } = await listen(app)
    const response = await fetch(`${url}/chat?message=hi`)
    const streamId = response.headers.get('x-synapse-toon-stream')
    expect(response.headers.get('content-location')).toBe(`/streams/${streamId}`)
    const { events, payloads } = await collect(response)
    expect(payloads).toEqual([{ n: 1 }, { n: 2 }])
    const back = await fetch(`${url}/chat?message=hi`, {
      headers: { 'Last-Event-ID': events.at(-1)!.id! },
    })
    expect(back.status).toBe(204)
    expect(script.runs).toBe(1)
  })

  it('res.synapseToon sends JSON, or TOON to a client that accepts it', async () => {
    const app = express().use(synapseToon())
    app.get('/', (_req, res) => res.synapseToon({ a: [1, 2] }, 201, { 'X-Extra': 'yes' }))
    const { url } = await listen(app)
    const json = await fetch(url)
    expect(json.status).toBe(201)
    expect(json.headers.get('content-type')).toBe('application/json')
    expect(json.headers.get('x-extra')).toBe('yes')
    expect(await json.json()).toEqual({ a: [1, 2] })
    const toon = await fetch(url, { headers: { accept: 'application/x-synapse-toon' } })
    expect(toon.headers.get('content-type')).toBe('application/x-synapse-toon')
    expect(await toon.text()).toBe('a[2]: 1,2')
  })

  it('answers HEAD, which Express hands to the handler of GET, without asking the source', async () => {
    const script = createScriptedSource([{ yield: 1 }])
    const app = express().use(synapseToon())
    app.get('/', (_req, res) => res.synapseToonStream(script.source))
    const { url } = await listen(app)
    const response = await fetch(url, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(script.runs).toBe(0)
  })

  it('shares one instance with other outputs', async () => {
    const toon = createSynapseToon()
    const handle = await toon.start([{ delta: 'x' }])
    const app = express().use(synapseToon(toon))
    app.get('/', (_req, res) => res.synapseToonStream(handle))
    const { url } = await listen(app)
    expect((await collect(fetch(url))).text).toBe('x')
  })

  it('hands a mistake of the program to the error handler', async () => {
    const app = express().use(synapseToon())
    app.get('/', (_req, res) => void res.synapseToonStream('text' as never))
    app.use(((error, _req, res, _next) => {
      res.status(500).send(error.code)
    }) as express.ErrorRequestHandler)
    const { url } = await listen(app)
    expect(await (await fetch(url)).text()).toBe('ERR_SYNAPSE_INVALID_SOURCE')
  })
})

describe('as one document', () => {
  it('the whole answer comes as JSON when it is complete', async () => {
    const toon = createSynapseToon()
    const { url } = await listen((req, res) =>
      toon.pipe(() => [{ delta: 'a' }, { delta: 'b', usage: { total_tokens: 2 } }], { req, res }),
    )
    const response = await fetch(url, { headers: { accept: 'application/json' } })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual({
      streamId: expect.stringMatching(/^[0-9a-f-]{23}$/),
      reason: 'complete',
      usage: { total_tokens: 2 },
      chunks: 2,
      payloads: [{ delta: 'a' }, { delta: 'b', usage: { total_tokens: 2 } }],
    })
  })

  it('or as TOON', async () => {
    const toon = createSynapseToon()
    const { url } = await listen((req, res) =>
      toon.pipe(() => [{ delta: 'a' }, { delta: 'b' }], { req, res }),
    )
    const response = await fetch(url, { headers: { accept: 'application/x-synapse-toon' } })
    expect(response.headers.get('content-type')).toBe('application/x-synapse-toon')
    expect(await response.text()).toContain('payloads[2]{delta}:\n  a\n  b')
  })

  it('a failure in the middle is its status, with what there is', async () => {
    const toon = createSynapseToon()
    const script = createScriptedSource([{ yield: { delta: 'a' } }, { throw: new Error('secret') }])
    const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
    const response = await fetch(url, { headers: { accept: 'application/json' } })
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({
      reason: 'source-error',
      error: { message: 'Stream failed', retryable: false },
      payloads: [{ delta: 'a' }],
    })
  })
})

describe('shutting down', () => {
  it('refuses new streams with 503, and tells running ones to come back', async () => {
    const toon = createSynapseToon()
    const script = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])
    const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
    const response = await fetch(url)
    const reading = collect(response)
    const closing = toon.shutdown({ drain: 50 })
    const late = await fetch(url)
    expect(late.status).toBe(503)
    expect(late.headers.get('retry-after')).toBe('5')
    await closing
    const { end, retries } = await reading
    expect(end).toMatchObject({ event: 'error', data: { code: 'shutdown', retryable: true } })
    expect(retries).toHaveLength(1)
    expect(script.open).toBe(0)
  })

  it('refuses a stream that was about to begin', async () => {
    const limits = () => ({
      admit: async () => {
        // Between the look at "closing" and the permit: a store takes its time.
        void toon.shutdown({ drain: 0 })
        return { fields: [], release: () => {} }
      },
    })
    const toon = createSynapseToon({ limits })
    const script = createScriptedSource([{ yield: 1 }])
    const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
    const response = await fetch(url)
    expect(response.status).toBe(503)
    expect(script.runs).toBe(0)
  })

  it('lets a running stream finish within the drain time', async () => {
    const toon = createSynapseToon()
    const script = createScriptedSource([
      { yield: { delta: 'a' } },
      { delay: 40 },
      { yield: { delta: 'b' } },
    ])
    const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
    const response = await fetch(url)
    await toon.shutdown({ drain: 5000 })
    const { text, end } = await collect(response)
    expect(text).toBe('ab')
    expect(end?.event).toBe('done')
  })
})
