import { readFile } from 'node:fs/promises'
import { brotliDecompressSync } from 'node:zlib'
import express from 'express'
import {
  createSynapseToon,
  optimalChunkSize,
  StreamInterruptedError,
  synapseToonStream,
} from 'synapse-toon'
import { synapseToon } from 'synapse-toon/express'
import {
  collect,
  createFakeClock,
  createScriptedSource,
  createTestStream,
  openRawClient,
  openSlowClient,
} from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { listen, until } from './test-server.ts'

/** One chunk of OpenAI Chat Completions, as far as the seed reads it. */
function chunk(content: string, rest: object = {}) {
  return { choices: [{ delta: { content }, finish_reason: null }], ...rest }
}

const HELLO = [chunk('Hel'), chunk('lo'), chunk(' you')]
const toDelta = (one: ReturnType<typeof chunk>) => ({ delta: one.choices[0]?.delta.content ?? '' })

async function rawResponse(path = '/', options: Parameters<typeof createSynapseToon>[0] = {}) {
  const toon = createSynapseToon(options)
  const { url } = await listen((req, res) => toon.pipe(HELLO, { req, res, transform: toDelta }))
  const client = openRawClient(url + path, { headers: { Connection: 'close' } })
  await client.closed
  return client.received
}

/**
 * Every statement of the seed about the wire, headers, chunk sizes, flush, disconnect, timeouts,
 * fallback and the test generator: in its words, with the check that holds it.
 */
const STATEMENTS: [section: string, statement: string, check: () => unknown][] = [
  [
    'Wire Format',
    'id: 550e8400-e29b-41d4-a716-446655440000 (a UUID for each event)',
    async () => {
      const { events } = await collect(synapseToonStream(HELLO))
      for (const { id } of events) {
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      }
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
    },
  ],
  [
    'Wire Format',
    'event: update, then data, then an empty line, in this order',
    async () =>
      expect(await rawResponse()).toMatch(/id: \S{36}\nevent: update\ndata: \{"delta":"Hel"\}\n\n/),
  ],
  [
    'Wire Format',
    'data: [base64-encoded chunk], where it is asked for',
    async () => {
      const text = await rawResponse('/?encoding=base64')
      const [, data] = /\ndata: (\S+)\n/.exec(text)!
      expect(Buffer.from(data!, 'base64').toString()).toBe('{"delta":"Hel"}')
    },
  ],
  [
    'HTTP Headers',
    'HTTP/1.1 200 OK and the five headers, as printed',
    async () => {
      const head = (await rawClientHead()).split('\r\n')
      expect(head[0]).toBe('HTTP/1.1 200 OK')
      expect(head).toEqual(
        expect.arrayContaining([
          'Content-Type: text/event-stream',
          'Cache-Control: no-cache, no-transform',
          'X-Accel-Buffering: no',
          'X-Synapse-TOON-Format: streaming',
          'Connection: keep-alive',
        ]),
      )
    },
  ],
  [
    'Basic Streaming',
    'response()->synapseToonStream($stream, fn) in a route',
    async () => {
      const app = express().use(synapseToon())
      app.get('/chat/stream', (_req, res) => res.synapseToonStream(HELLO, toDelta))
      const { url } = await listen(app)
      const { text, payloads } = await collect(fetch(`${url}/chat/stream`))
      expect(text).toBe('Hello you')
      expect(payloads[0]).toEqual({ delta: 'Hel' })
    },
  ],
  [
    'Advanced Streaming with Context',
    'delta, usage and finish_reason in each payload',
    async () => {
      interface Chunk {
        choices: { delta: { content: string }; finish_reason: string | null }[]
        usage?: object
      }
      const source: Chunk[] = [chunk('Hi'), { choices: [], usage: { total_tokens: 7 } }]
      const { payloads, end } = await collect(
        synapseToonStream(source, (one) => ({
          delta: one.choices[0]?.delta.content ?? '',
          usage: one.usage ?? null,
          finish_reason: one.choices[0]?.finish_reason ?? null,
        })),
      )
      expect(payloads).toEqual([
        { delta: 'Hi', usage: null, finish_reason: null },
        { delta: '', usage: { total_tokens: 7 }, finish_reason: null },
      ])
      expect(end?.data.usage).toEqual({ total_tokens: 7 })
    },
  ],
  ...(
    [
      ['$payloadSize < 1024 => 512', 0, 1023, 512],
      ['$payloadSize < 10240 => 2048', 1024, 10_239, 2048],
      ['$payloadSize < 102400 => 4096', 10_240, 102_399, 4096],
      ['$payloadSize < 1048576 => 8192', 102_400, 1_048_575, 8192],
      ['default => 16384', 1_048_576, 1e12, 16_384],
    ] as const
  ).map(([statement, first, last, size]): (typeof STATEMENTS)[number] => [
    'Adaptive Chunk Sizing',
    statement,
    () => expect([optimalChunkSize(first), optimalChunkSize(last)]).toEqual([size, size]),
  ]),
  [
    'Adaptive Chunk Sizing',
    'the sizes are what is flushed: larger payloads get larger chunks',
    async () => {
      const sizes = await flushSizes(
        Array.from({ length: 4000 }, (_, n) => ({ n, pad: 'p'.repeat(60) })),
      )
      let sent = 0
      for (const size of sizes) {
        expect(size).toBeLessThanOrEqual(optimalChunkSize(sent))
        sent += size
      }
      const frame = 150
      expect(sizes.some((size) => size > 8192 - frame)).toBe(true)
      expect(sizes[0]).toBeGreaterThan(512 - frame)
    },
  ],
  [
    'Flush Optimization',
    'ob_flush() and flush(): a token is on the network before the next one is there',
    async () => {
      const script = createScriptedSource([{ yield: { delta: 'first' } }, { hang: true }])
      const toon = createSynapseToon()
      const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
      const client = openRawClient(url)
      await client.waitFor('"first"')
      client.leave()
      await toon.shutdown({ drain: 0 })
    },
  ],
  [
    'Brotli Streaming Compression',
    "compress($encoded, 'br') and base64 of each event, where it is asked for",
    async () => {
      const text = await rawResponse('/?encoding=br')
      const [, data] = /\ndata: (\S+)\n/.exec(text)!
      expect(brotliDecompressSync(Buffer.from(data!, 'base64')).toString()).toBe('{"delta":"Hel"}')
    },
  ],
  [
    'Network Impact',
    'brotli of each event alone: what it saves on 1.2 KB, and costs on tokens',
    async () => {
      // Prose of 1.2 KB a piece, as in the seed's example: this project's own documents.
      const prose = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
      const pieces = prose.match(/[\s\S]{1186}/g)!
      const large = pieces.map((delta) => ({ delta }))
      const tokens = prose.split(/(?= )/).map((delta) => ({ delta }))
      const saved = await Promise.all(
        [large, tokens].map(async (payloads) => {
          const [plain, brotli] = await Promise.all(
            ['json', 'br'].map((encoding) => {
              const request = new Request(`http://localhost/?encoding=${encoding}`)
              return collect(synapseToonStream(payloads, undefined, { request }))
            }),
          )
          expect(brotli!.payloads).toEqual(plain!.payloads)
          return 1 - brotli!.bytes / plain!.bytes
        }),
      )
      console.info(
        `per-event brotli saves ${saved.map((share) => `${(100 * share).toFixed(0)} %`).join(' (1.2 KB chunks) and ')} (tokens)`,
      )
      expect(saved[0]).toBeGreaterThan(0.2)
      expect(saved[0]).toBeLessThan(0.71)
      expect(saved[1]).toBeLessThan(0)
    },
  ],
  [
    'Rate Limiting with Backoff',
    '$maxBufferSize = 65536: no more than that waits in our memory',
    async () => {
      const unsent: number[] = []
      const toon = createSynapseToon({
        observer: { blocked: ({ unsentBytes }) => unsent.push(unsentBytes) },
      })
      function* endless() {
        while (true) yield 'x'.repeat(20_000)
      }
      const { url } = await listen((req, res) => toon.pipe(endless(), { req, res }))
      const client = openSlowClient(url)
      await until(() => unsent.length > 0, 'the connection was blocked')
      expect(Math.max(...unsent)).toBeLessThanOrEqual(65_536)
      client.leave()
      await toon.shutdown({ drain: 0 })
    },
  ],
  [
    'Rate Limiting with Backoff',
    "throw new StreamInterruptedException('Client disconnected')",
    async () => {
      const script = createScriptedSource([{ yield: 1 }, { hang: true }])
      const toon = createSynapseToon({ onDisconnect: 'cancel' })
      const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
      const client = openRawClient(url)
      await client.waitFor('event: update')
      client.leave()
      await until(() => script.signalReason !== undefined, 'the signal fired')
      expect(script.signalReason).toBeInstanceOf(StreamInterruptedError)
      expect((script.signalReason as Error).message).toBe('Client disconnected')
    },
  ],
  [
    'Detect Client Disconnection',
    'Client disconnected, stopping stream: the source is not read on',
    async () => {
      const script = createScriptedSource(() =>
        Array.from({ length: 1000 }, () => [{ yield: 1 }, { delay: 2 }]).flat(),
      )
      const toon = createSynapseToon({ onDisconnect: 'cancel' })
      const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
      const client = openRawClient(url)
      await client.waitFor('event: update')
      client.leave()
      await until(() => script.open === 0, 'the source was let go')
      expect(script.pulled).toBeLessThan(1000)
    },
  ],
  [
    'Timeout Handling',
    'set_time_limit(300): 5 minute timeout',
    async () => {
      const clock = createFakeClock()
      const toon = createSynapseToon({ clock, deadlines: { idle: 0 } })
      const script = createScriptedSource([{ yield: 1 }, { hang: true }], clock)
      const handle = await toon.start(script.source, { continueFor: 1_000_000 })
      await clock.advance(299_000)
      expect(script.open).toBe(1)
      await clock.advance(1100)
      expect((await handle.done).reason).toBe('deadline')
    },
  ],
  [
    'Timeout Handling',
    'ignore_user_abort(true): continue even if user closes browser',
    async () => {
      const reasons: string[] = []
      const toon = createSynapseToon({
        onDisconnect: 'continue',
        observer: { ended: ({ reason }) => reasons.push(reason) },
      })
      const script = createScriptedSource([{ yield: 1 }, { delay: 40 }, { yield: 2 }])
      const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
      const client = openRawClient(url)
      await client.waitFor('event: update')
      client.leave()
      await until(() => reasons.length > 0, 'the stream ended')
      expect(reasons).toEqual(['complete'])
      expect(script.pulled).toBe(2)
    },
  ],
  [
    'Timeout Handling',
    "catch (Throwable $e) { Log::error('Stream error', …) }: the error is there to be logged, once",
    async () => {
      const errors: unknown[] = []
      const toon = createSynapseToon({ observer: { ended: ({ error }) => errors.push(error) } })
      const cause = new Error('upstream broke')
      await collect(toon.stream(createScriptedSource([{ yield: 1 }, { throw: cause }]).source))
      expect(errors).toEqual([cause])
    },
  ],
  [
    'Latency Measurement',
    '$chunkCount and elapsed time are known at every chunk',
    async () => {
      const seen: number[] = []
      const toon = createSynapseToon({ observer: { chunk: ({ chunks }) => seen.push(chunks) } })
      await collect(toon.stream(Array.from({ length: 20 }, (_, n) => n)))
      expect(seen.filter((count) => count % 10 === 0)).toEqual([10, 20])
    },
  ],
  [
    'Graceful Degradation',
    "RateLimitException => synapseToon(['error' => 'Rate limited, using standard response'])",
    async () => {
      const response = await failBy({ status: 429 })
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ error: 'Rate limited, using standard response' })
    },
  ],
  [
    'Graceful Degradation',
    "any other Throwable => json(['error' => 'Stream failed'], 500)",
    async () => {
      const response = await failBy({ status: 401 })
      expect(response.status).toBe(500)
      expect(await response.text()).toBe('{"error":"Stream failed"}')
    },
  ],
  [
    'Test Stream Generator',
    '100 chunks { index, text: Token i, timestamp }, 10 ms apart',
    async () => {
      const clock = createFakeClock()
      const chunks: unknown[] = []
      const reading = (async () => {
        for await (const one of createTestStream({ clock })) chunks.push(one)
      })()
      await clock.advance(10 * 98)
      expect(chunks).toHaveLength(99)
      await clock.advance(20)
      await reading
      expect(chunks).toHaveLength(100)
      expect(chunks[99]).toEqual({
        index: 99,
        text: 'Token 99',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      })
    },
  ],
  [
    'Test Stream Generator',
    'assertEquals(200, status) and Content-Type text/event-stream',
    async () => {
      const response = await synapseToonStream(createTestStream({ intervalMs: 0 }))
      expect(response.status).toBe(200)
      expect(response.headers.get('Content-Type')).toBe('text/event-stream')
      expect((await collect(response)).payloads).toHaveLength(100)
    },
  ],
  [
    'Production Considerations',
    'Timeout Management: 5 to 30 min without a warning',
    async () => {
      const warnings: Error[] = []
      const onWarning = (warning: Error) => warnings.push(warning)
      process.on('warning', onWarning)
      createSynapseToon({ deadlines: { total: 1_800_000 } })
      await new Promise((resolve) => setImmediate(resolve))
      expect(warnings).toEqual([])
      createSynapseToon({ deadlines: { total: 1_800_001 } })
      await new Promise((resolve) => setImmediate(resolve))
      process.off('warning', onWarning)
      expect(warnings).toHaveLength(1)
    },
  ],
  [
    'Production Considerations',
    'Memory Management: stream from iterators, not arrays',
    async () => {
      let pulled = 0
      function* lazy() {
        for (; pulled < 1e9; pulled++) yield { n: pulled }
      }
      const response = await synapseToonStream(lazy())
      const reader = response.body!.getReader()
      await reader.read()
      expect(pulled).toBeLessThan(10_000)
      await reader.cancel()
    },
  ],
]

describe('the seed says', () => {
  it.each(STATEMENTS)('%s: %s', async (_section, _statement, check) => {
    await check()
  })
})

async function rawClientHead(): Promise<string> {
  const toon = createSynapseToon()
  const { url } = await listen((req, res) => toon.pipe(HELLO, { req, res }))
  const client = openRawClient(url)
  await client.waitFor('event: done')
  client.leave()
  return client.received.slice(0, client.received.indexOf('\r\n\r\n'))
}

/** Sizes of the chunks of HTTP/1.1's chunked coding: one for each flush. */
async function flushSizes(payloads: unknown[]): Promise<number[]> {
  const toon = createSynapseToon()
  const { url } = await listen((req, res) => toon.pipe(payloads, { req, res }))
  const client = openRawClient(url)
  await client.waitFor('event: done')
  client.leave()
  const body = client.received.slice(client.received.indexOf('\r\n\r\n') + 4)
  const sizes: number[] = []
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.slice(at, end), 16)
    if (!(size > 0)) break
    sizes.push(size)
    at = end + 2 + size + 2
  }
  return sizes
}

function failBy(fields: object): Promise<Response> {
  const error = Object.assign(new Error('upstream words'), fields)
  const toon = createSynapseToon({
    fallback: (cause) =>
      (cause as { status?: number }).status === 429
        ? { error: 'Rate limited, using standard response' }
        : undefined,
  })
  return toon.stream(createScriptedSource([{ throw: error }]).source)
}
