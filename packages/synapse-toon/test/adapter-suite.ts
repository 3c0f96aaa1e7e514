import {
  createSynapseToon,
  type StreamOptions,
  type SynapseToon,
  type SynapseToonOptions,
} from 'synapse-toon'
import { createScriptedSource } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ConnectionSummary, StreamSummary } from '../src/stream/observer.ts'
import type { Transform } from '../src/stream/settings.ts'
import type { Source } from '../src/stream/source.ts'
import { type ClientOptions, openClient } from './adapter-client.ts'
import { until } from './test-server.ts'

/** What every adapter gives to a route, by the same names: on its response, reply or context. */
interface Output {
  synapseToonStream<Chunk>(
    source: Source<Chunk>,
    transform?: Transform<Chunk>,
    options?: StreamOptions,
  ): unknown
  synapseToon(payload: unknown, status?: number, headers?: Record<string, string>): unknown
}

export interface AdapterServer {
  readonly toon: SynapseToon
  /** Answers every request; what it throws goes to the framework. */
  readonly route: (output: Output) => unknown
  /** Whether compression middleware stands in front. */
  readonly isCompressed: boolean
}

export interface Adapter {
  /**
   * Starts a server for the time of a test. In front of the route is middleware that sets
   * `EARLIER_HEADERS`; the framework's error handler answers 500 with the error's code as text.
   */
  start(server: AdapterServer): Promise<{ readonly url: string }>
  /** It speaks HTTP/2. Default false. */
  readonly http2?: boolean
  /** Something can stand in front of a route and compress. Default true. */
  readonly compression?: boolean
  /** A route returns its response, and does not write to one that is there. Default false. */
  readonly returnsResponse?: boolean
  /** Something in front of a route can set headers of the response to come. Default true. */
  readonly earlierHeaders?: boolean
}

/** As CORS and request ids do it. */
export const EARLIER_HEADERS = { 'X-Earlier': 'yes', Vary: 'Origin' }

/** What the error handlers of the servers say. */
export function errorText(error: unknown): string {
  return String((error as { code?: string }).code ?? error)
}

const BIG = 'x'.repeat(32_000)
/** What the kernel takes for a client that does not read (see slow-client.test.ts), and little more. */
const BOUNDED_BYTES = 12 * 1024 * 1024

/**
 * What frameworks log as failures during a test.
 *
 * @returns gives it, once all that was on its way is done
 */
function listenToLog(): () => Promise<unknown[][]> {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  return async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return log.mock.calls
  }
}

/** What holds wherever a stream is served: run by every adapter, on real sockets. */
export function adapterSuite(name: string, adapter: Adapter): void {
  const { http2 = false, returnsResponse = false } = adapter
  const { compression = true, earlierHeaders = true } = adapter

  async function serve(
    route: AdapterServer['route'],
    options: SynapseToonOptions = {},
    isCompressed = false,
  ) {
    const ended: StreamSummary[] = []
    const disconnected: ConnectionSummary[] = []
    const toon = createSynapseToon({
      onDisconnect: 'cancel',
      observer: {
        ended: (summary) => ended.push(summary),
        disconnected: (summary) => disconnected.push(summary),
      },
      ...options,
    })
    const { url } = await adapter.start({ toon, route, isCompressed })
    const open = (client: ClientOptions = {}) => openClient(`${url}/chat`, { http2, ...client })
    return { toon, ended, disconnected, open }
  }

  /** A route that streams one token and then waits for ever. */
  const oneToken = () => createScriptedSource([{ yield: { delta: 'first' } }, { hang: true }])

  describe(name, () => {
    it("streams with the seed's headers, to the done frame", async () => {
      const { open } = await serve((output) =>
        output.synapseToonStream(
          () => ['Hel', 'lo'],
          (delta) => ({ delta }),
          { streamUrl: (id) => `/streams/${id}` },
        ),
      )
      const { status, headers, text, end } = await open().collect()
      const fields = Object.fromEntries(headers)
      expect(status).toBe(200)
      expect(fields).toMatchObject({
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
        'x-synapse-toon-format': 'streaming',
        'x-synapse-toon-encoding': 'json',
        'content-location': `/streams/${fields['x-synapse-toon-stream']}`,
      })
      // [RFC 9113 §8.2.2] HTTP/2 forbids the field.
      expect(fields.connection).toBe(http2 ? undefined : 'keep-alive')
      expect(text).toBe('Hello')
      expect(end).toEqual({ event: 'done', data: { reason: 'complete', chunks: 2 } })
    })

    it('sends the first token before the source has a second one', async () => {
      const script = oneToken()
      const { open } = await serve((output) => output.synapseToonStream(script.source))
      await open().waitFor('"first"')
      expect(script.open).toBe(1)
    })

    it('makes the source wait for a client that does not read, and closes it after stall', async () => {
      // Hono logs that a body broke off, which is true.
      listenToLog()
      let pulled = 0
      function* endless() {
        for (;;) yield { n: pulled++, text: BIG }
      }
      const { open, disconnected } = await serve((output) => output.synapseToonStream(endless), {
        deadlines: { stall: 300 },
      })
      open({ reads: false })
      await until(() => disconnected.length > 0, 'the connection was closed', 10_000)
      expect(disconnected).toMatchObject([{ reason: 'stalled-client' }])
      expect(pulled * BIG.length).toBeLessThan(BOUNDED_BYTES)
    })

    it('tells the source of a client that left in mid-stream, and nobody else', async () => {
      const logged = listenToLog()
      const script = oneToken()
      const { open, ended } = await serve((output) => output.synapseToonStream(script.source))
      const client = open()
      await client.waitFor('"first"')
      client.leave()
      await until(() => script.signalReason !== undefined, 'the signal fired')
      await until(() => script.open === 0, 'the source was let go')
      expect(ended).toMatchObject([{ reason: 'client-left', chunks: 1 }])
      expect(await logged()).toEqual([])
    })

    it('tells the source of a client that left before the first token, and nobody else', async () => {
      const logged = listenToLog()
      const script = createScriptedSource([{ hang: true }])
      const { open, ended } = await serve((output) => output.synapseToonStream(script.source))
      const client = open()
      await until(() => script.runs === 1, 'the source was asked')
      client.leave()
      await until(() => script.open === 0, 'the source was let go')
      expect(ended).toMatchObject([{ reason: 'client-left', chunks: 0 }])
      expect(await logged()).toEqual([])
    })

    it('does not take the end of a request body for a client that left', async () => {
      const script = createScriptedSource([{ delay: 30 }, { yield: { delta: 'late' } }])
      const { open } = await serve((output) => output.synapseToonStream(script.source))
      const headers = { 'Content-Type': 'application/json' }
      const { text, end } = await open({ method: 'POST', body: '{"a":1}', headers }).collect()
      expect(text).toBe('late')
      expect(end?.event).toBe('done')
    })

    it('answers a failure before the first token with 500', async () => {
      const script = createScriptedSource([{ throw: new Error('secret') }])
      const { open } = await serve((output) => output.synapseToonStream(script.source))
      const client = open()
      const { status, headers } = await client.head
      expect(status).toBe(500)
      expect(headers.get('content-type')).toBe('application/json')
      expect(await client.body).toBe('{"error":"Stream failed"}')
    })

    it("answers a provider's 429 with 429, and its Retry-After", async () => {
      const limited = { status: 429, headers: { 'retry-after': '7' } }
      const script = createScriptedSource([{ throw: limited }])
      const { open } = await serve((output) => output.synapseToonStream(script.source))
      const client = open()
      const { status, headers } = await client.head
      expect(status).toBe(429)
      expect(headers.get('retry-after')).toBe('7')
      expect(await client.body).toBe('{"error":"Rate limited"}')
    })

    it('resumes after the last event, answers 204 at the end, and asks the source once', async () => {
      const logged = listenToLog()
      const script = createScriptedSource(['a', 'b', 'c'].map((delta) => ({ yield: { delta } })))
      const { open } = await serve((output) => output.synapseToonStream(script.source))
      const { events } = await open().collect()
      const back = (index: number) => open({ headers: { 'Last-Event-ID': events[index]!.id! } })
      expect((await back(1).collect()).events).toEqual(events.slice(2))
      const over = back(3)
      expect((await over.head).status).toBe(204)
      expect(await over.body).toBe('')
      expect(await logged()).toEqual([])
      expect(script.runs).toBe(1)
    })

    it('sends one payload as JSON, or as TOON to a client that accepts it', async () => {
      const { open } = await serve((output) =>
        output.synapseToon({ a: [1, 2] }, 201, { 'X-Extra': 'yes' }),
      )
      const json = open()
      const { status, headers } = await json.head
      expect(status).toBe(201)
      expect(headers.get('content-type')).toBe('application/json')
      expect(headers.get('x-extra')).toBe('yes')
      expect(await json.body).toBe('{"a":[1,2]}')
      const toon = open({ headers: { Accept: 'application/x-synapse-toon' } })
      expect((await toon.head).headers.get('content-type')).toBe('application/x-synapse-toon')
      expect(await toon.body).toBe('a[2]: 1,2')
    })

    it('leaves a mistake of the program to the error handler of the framework', async () => {
      const { open } = await serve((output) => output.synapseToonStream('text' as never))
      const client = open()
      expect((await client.head).status).toBe(500)
      expect(await client.body).toBe('ERR_SYNAPSE_INVALID_SOURCE')
    })

    it('tells clients to come back when it shuts down, and new ones to wait', async () => {
      const script = oneToken()
      const { open, toon } = await serve((output) => output.synapseToonStream(script.source))
      const client = open()
      await client.waitFor('"first"')
      await toon.shutdown({ drain: 0 })
      const { end, retries } = await client.collect()
      expect(end).toMatchObject({ event: 'error', data: { code: 'shutdown', retryable: true } })
      expect(retries).toHaveLength(1)
      expect(script.open).toBe(0)
      const { status, headers } = await open().head
      expect(status).toBe(503)
      expect(headers.get('retry-after')).toBe('5')
    })
  })

  if (!returnsResponse) {
    it(`${name} keeps out of a stream that its handler does not wait for`, async () => {
      const script = createScriptedSource([{ delay: 30 }, { yield: { delta: 'late' } }])
      const { open } = await serve((output) => void output.synapseToonStream(script.source))
      const { status, text, end } = await open().collect()
      expect({ status, text, end: end?.event }).toEqual({ status: 200, text: 'late', end: 'done' })
    })
  }

  if (earlierHeaders) {
    describe(`${name}, behind middleware that sets headers`, () => {
      it.each<[string, AdapterServer['route']]>([
        ['a stream', (output) => output.synapseToonStream(() => [1])],
        ['one payload', (output) => output.synapseToon(1)],
      ])('keeps the headers that were set before, with %s', async (_what, route) => {
        const { open } = await serve(route)
        const { headers } = await open().head
        expect(headers.get('x-earlier')).toBe('yes')
        expect(headers.get('vary')).toMatch(/^Origin, Accept\b/)
      })
    })
  }

  describe(`${name}, to a client that accepts gzip`, () => {
    it('compresses the stream itself, once, and each token can be read at once', async () => {
      const script = oneToken()
      const { open } = await serve(
        (output) => output.synapseToonStream(script.source),
        {},
        compression,
      )
      const client = open({ headers: { 'Accept-Encoding': 'gzip, br;q=0.5' } })
      const { headers } = await client.head
      expect(headers.get('content-encoding')).toBe('gzip')
      expect(headers.get('vary')).toMatch(/\bAccept-Encoding\b/)
      await client.waitFor('"first"')
      client.leave()
      await until(() => script.open === 0, 'the source was let go')
    })

    it('ends the compressed stream as it should be ended', async () => {
      const chunks = Array.from({ length: 500 }, (_, n) => ({ delta: `é${n} ` }))
      const { open } = await serve((output) => output.synapseToonStream(chunks), {}, compression)
      const { text, end } = await open({ headers: { 'Accept-Encoding': 'gzip' } }).collect()
      expect(text).toBe(chunks.map(({ delta }) => delta).join(''))
      expect(end?.event).toBe('done')
    })
  })

  if (!compression) return
  describe(`${name}, behind compression middleware`, () => {
    const headers = { 'Accept-Encoding': 'gzip' }

    it('has one payload compressed, so the middleware is there', async () => {
      const { open } = await serve((output) => output.synapseToon({ text: BIG }), {}, true)
      expect((await open({ headers }).head).headers.get('content-encoding')).toBe('gzip')
    })

    it('sends each token at once: no-transform keeps the stream from being held', async () => {
      const script = oneToken()
      const route: AdapterServer['route'] = (output) => output.synapseToonStream(script.source)
      const { open } = await serve(route, { compression: false }, true)
      const client = open({ headers })
      expect((await client.head).headers.get('content-encoding')).toBeNull()
      await client.waitFor('"first"')
      client.leave()
      await until(() => script.open === 0, 'the source was let go')
    })
  })
}
