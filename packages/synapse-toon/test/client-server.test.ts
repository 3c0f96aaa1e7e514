import type { ServerResponse } from 'node:http'
import { createMemoryLog, createSynapseToon, type SynapseToonOptions } from 'synapse-toon'
import {
  ContentTypeError,
  HttpStatusError,
  openStream,
  StreamFailedError,
  TruncatedStreamError,
} from 'synapse-toon/client'
import { createScriptedSource, type ScriptStep } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { PAYLOAD_ENCODINGS } from '../src/wire/payload-encoding.ts'
import { listen, until } from './test-server.ts'

type Delta = { delta: string }

/** A chat as applications have it: POST asks, GET goes on, DELETE stops. */
async function chat(steps: readonly ScriptStep<unknown>[], options: SynapseToonOptions = {}) {
  const script = createScriptedSource(steps)
  const toon = createSynapseToon({ streamUrl: (id) => `/streams/${id}`, ...options })
  const open = new Set<ServerResponse>()
  const { url } = await listen(async (req, res) => {
    open.add(res)
    res.on('close', () => open.delete(res))
    const principal = req.headers.authorization || undefined
    const streamId = /^\/streams\/([^/?]+)/.exec(req.url!)?.[1]
    if (streamId === undefined) return toon.pipe(script.source, { req, res, principal })
    if (req.method === 'GET') return toon.pipe({ streamId }, { req, res, principal })
    return res.writeHead((await toon.cancel(streamId, { principal })) ? 204 : 404).end()
  })
  onTestFinished(() => toon.shutdown({ drain: 0 }))
  return {
    script,
    toon,
    url: `${url}/chat`,
    /** Responses that are on their way. */
    open,
    /** Cuts all lines, as a lost network would. */
    cut() {
      for (const res of open) res.destroy()
    },
  }
}

const words: ScriptStep<Delta>[] = ['Hel', 'lo ', 'wörld 🌍'].flatMap((delta) => [
  { yield: { delta } },
  { delay: 10 },
])

const QUICK = { reconnect: { initial: 5, jitter: 0 } }

describe('our client and our server', () => {
  it.each(PAYLOAD_ENCODINGS)('speak with each other in %s', async (encoding) => {
    const { url, script } = await chat(words)
    const stream = openStream<Delta>(url, { body: { question: 'hi' }, encoding })
    let text = ''
    for await (const { payload } of stream) text += payload.delta
    expect(text).toBe('Hello wörld 🌍')
    expect(await stream.done).toMatchObject({ reason: 'complete', text, events: 3, resumes: 0 })
    expect(stream.streamId).toBe((await stream.done).lastEventId.slice(0, 23))
    expect(script.runs).toBe(1)
  })

  it('lose nothing and pay once when lines are cut again and again', async () => {
    const steps = Array.from({ length: 40 }, (_, n) => [
      { yield: { delta: `${n} ` } },
      { delay: 3 },
    ])
    const { url, script, cut } = await chat(steps.flat())
    const stream = openStream<Delta>(url, { body: {}, ...QUICK })
    const seen: string[] = []
    for await (const { payload } of stream) {
      seen.push(payload.delta)
      if (seen.length % 8 === 0) cut()
    }
    expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => `${n} `))
    expect(script.runs).toBe(1)
    expect(stream.stats.resumes).toBeGreaterThanOrEqual(3)
  })

  it('stop an answer, whose source is told, and whose end still comes', async () => {
    const { url, script } = await chat([{ yield: { delta: 'a' } }, { hang: true }])
    const stream = openStream<Delta>(url, { body: {} })
    for await (const _ of stream) void stream.stop()
    expect((await stream.done).reason).toBe('cancelled')
    expect(script.signalReason).toBeDefined()
    await stream.stop()
  })

  it('free the line when the loop is left', async () => {
    const { url, open } = await chat([{ yield: { delta: 'a' } }, { hang: true }])
    const stream = openStream<Delta>(url, { body: {} })
    for await (const _ of stream) break
    await until(() => open.size === 0, 'the line was closed')
    expect((await stream.done).reason).toBe('left')
  })

  it('go on after a reload, from the last event that was taken', async () => {
    const { url, script } = await chat(words)
    const first = openStream<Delta>(url, { body: {} })
    for await (const _ of first) break
    const address = new URL(`/streams/${first.streamId}`, url)
    const second = openStream<Delta>(address, { lastEventId: first.lastEventId })
    let text = ''
    for await (const { payload } of second) text += payload.delta
    expect(text).toBe('lo wörld 🌍')
    expect(script.runs).toBe(1)
  })

  it('know that a stream is over from which nothing is left', async () => {
    const { url } = await chat(words)
    const first = openStream<Delta>(url, { body: {} })
    const { lastEventId, streamId } = await first.done
    const second = openStream<Delta>(new URL(`/streams/${streamId}`, url), { lastEventId })
    expect(await second.done).toMatchObject({ reason: 'complete', events: 0, bytes: 0 })
  })

  it('tell the failure of a source by its reason, and keep what came', async () => {
    const { url } = await chat([
      { yield: { delta: 'half' } },
      { delay: 20 },
      { throw: new Error('x') },
    ])
    const stream = openStream<Delta>(url, { body: {} })
    const error = await stream.done.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(StreamFailedError)
    expect(error).toMatchObject({ reason: 'source-error', text: 'half', retryable: false })
  })

  it('tell an early failure by its status, and a fallback by what it is', async () => {
    const failing = await chat([{ throw: new Error('x') }])
    const refused = await openStream(failing.url, { body: {} }).done.catch((error) => error)
    expect(refused).toBeInstanceOf(HttpStatusError)
    expect(refused).toMatchObject({ status: 500, body: { error: 'Stream failed' } })
    const degraded = await chat([{ throw: new Error('x') }], {
      fallback: () => ({ answer: 'short' }),
    })
    const instead = await openStream(degraded.url, { body: {} }).done.catch((error) => error)
    expect(instead).toBeInstanceOf(ContentTypeError)
    expect(instead).toMatchObject({ body: { answer: 'short' } })
  })

  it('tell what a log has lost, and do not call the rest whole', async () => {
    const steps = Array.from({ length: 60 }, (_, n) => ({ yield: { delta: `${n} ` } }))
    const { url } = await chat(steps, { log: createMemoryLog({ maxBytes: 200 }) })
    const first = openStream<Delta>(url, { body: {} })
    const ids: string[] = []
    for await (const { id } of first) ids.push(id)
    const address = new URL(`/streams/${first.streamId}`, url)
    const stream = openStream<Delta>(address, { lastEventId: ids[4] })
    const events = []
    let error: unknown
    try {
      for await (const event of stream) events.push(event)
    } catch (caught) {
      error = caught
    }
    const gap = events[0]?.gap
    expect(gap).toMatchObject({ from: 6, lost: true })
    expect(error).toBeInstanceOf(TruncatedStreamError)
    expect((error as TruncatedStreamError).gaps).toEqual([gap])
    expect(events.at(-1)?.payload.delta).toBe('59 ')
  })

  it('take merged events for whole', async () => {
    // More frames than the kernel takes, less JSON than the log keeps (8 MiB).
    const total = 50_000
    const steps = Array.from({ length: total }, (_, n) => ({
      yield: { delta: `${n} `.padEnd(120, '.') },
    }))
    const { url, script } = await chat(steps, { slowClient: 'merge', compression: false })
    const stream = openStream<Delta>(url, { body: {}, timeouts: { contentIdle: 0 } })
    const numbers: string[] = []
    let isFirst = true
    for await (const { payload } of stream) {
      numbers.push(...(payload.delta.match(/\d+(?= )/g) ?? []))
      if (isFirst) await until(() => script.pulled === total, 'the source was read', 30_000)
      isFirst = false
    }
    expect(numbers).toEqual(Array.from({ length: total }, (_, n) => String(n)))
    expect((await stream.done).gaps).toBeGreaterThan(0)
  }, 60_000)

  it('say goodbye when the server shuts down', async () => {
    const { url, toon, script } = await chat([{ yield: { delta: 'a' } }, { hang: true }])
    const stream = openStream<Delta>(url, { body: {} })
    await until(() => script.pulled === 1, 'the source ran')
    await until(() => stream.stats.events === 1, 'the event came')
    void toon.shutdown({ drain: 0 })
    const error = await stream.done.catch((caught: unknown) => caught)
    expect(error).toMatchObject({ reason: 'shutdown', retryable: true, text: 'a' })
  })

  it('keep what is mine from others', async () => {
    const { url } = await chat(words)
    const mine = openStream<Delta>(url, { body: {}, headers: { Authorization: 'ann' } })
    for await (const _ of mine) break
    const address = new URL(`/streams/${mine.streamId}`, url)
    const theirs = openStream(address, { headers: { Authorization: 'bob' } })
    await expect(theirs.done).rejects.toMatchObject({ status: 404 })
  })

  it('tell that a stream is gone', async () => {
    const { url } = await chat([])
    const lastEventId = '5f0c7a52-91d3-8e14-b0a6-00000000002a'
    await expect(openStream(url, { lastEventId }).done).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_GONE',
    })
  })
})
