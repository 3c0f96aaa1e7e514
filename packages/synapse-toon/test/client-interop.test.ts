import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { createSynapseToon } from 'synapse-toon'
import { openStream } from 'synapse-toon/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen } from './test-server.ts'

// The real packages, where the benchmark has installed them (`bench/peers`, by its own lock file).
const PEERS = new URL('../../../bench/peers/package.json', import.meta.url)
const peer = createRequire(PEERS)
const isInstalled = existsSync(new URL('node_modules/better-sse', PEERS))

const WORDS = ['Hel', 'lo ', 'wörld 🌍', '\nline two']

interface Heard {
  readonly data: string
  readonly lastEventId: string
}

interface Delta {
  readonly delta: string
}

/** A server of ours with one answer, which a reader may ask for again. */
async function ourServer(): Promise<string> {
  const toon = createSynapseToon({ compression: false })
  const handle = await toon.start(WORDS.map((delta) => ({ delta })))
  await handle.done
  const { url } = await listen((req, res) => toon.pipe(handle, { req, res }))
  return url
}

/** What an application knows of a reader that has all of a feed. */
function hasAll(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.headers['last-event-id'] !== String(WORDS.length)) return false
  res.writeHead(204).end()
  return true
}

/** Reads a feed to its end, over its reconnects. */
async function readFeed(url: string) {
  const stream = openStream<Delta>(url, { reconnect: { initial: 1, jitter: 0 } })
  const seen: string[] = []
  for await (const { event, id, payload } of stream) seen.push(`${event} ${id} ${payload.delta}`)
  return { seen, summary: await stream.done }
}

const SEEN = WORDS.map((delta, n) => `update ${n + 1} ${delta}`)

describe.skipIf(!isInstalled)('our client reads', () => {
  it('better-sse', async () => {
    const { createSession } = peer('better-sse')
    const { url } = await listen(async (req, res) => {
      if (hasAll(req, res)) return
      const session = await createSession(req, res)
      WORDS.forEach((delta, n) => {
        session.push({ delta }, 'update', String(n + 1))
      })
      res.end()
    })
    const { seen, summary } = await readFeed(url)
    expect(seen).toEqual(SEEN)
    expect(summary).toMatchObject({ reason: 'nothing-more', text: WORDS.join(''), resumes: 0 })
  })

  it('Hono', async () => {
    const { Hono } = peer('hono')
    const { streamSSE } = peer('hono/streaming')
    const { getRequestListener } = peer('@hono/node-server')
    const app = new Hono()
    type Stream = { writeSSE(message: object): Promise<void> }
    app.get(
      '/',
      (c: { body(text: null, status: number): unknown; req: { header(n: string): string } }) =>
        c.req.header('Last-Event-ID') === String(WORDS.length)
          ? c.body(null, 204)
          : streamSSE(c, async (stream: Stream) => {
              for (const [n, delta] of WORDS.entries()) {
                const data = JSON.stringify({ delta })
                await stream.writeSSE({ data, event: 'update', id: String(n + 1) })
              }
            }),
    )
    const { url } = await listen(getRequestListener(app.fetch))
    const { seen, summary } = await readFeed(url)
    expect(seen).toEqual(SEEN)
    expect(summary).toMatchObject({ reason: 'nothing-more', text: WORDS.join('') })
  })

  it('@fastify/sse', async () => {
    const app = peer('fastify')()
    onTestFinished(() => app.close())
    await app.register(peer('@fastify/sse'))
    type Reply = { raw: ServerResponse; hijack(): void; sse: Record<string, CallableFunction> }
    app.get('/', { sse: true }, async (request: { raw: IncomingMessage }, reply: Reply) => {
      if (hasAll(request.raw, reply.raw)) return reply.hijack()
      reply.sse.keepAlive!()
      for (const [n, delta] of WORDS.entries()) {
        await reply.sse.send!({ id: String(n + 1), event: 'update', data: { delta } })
      }
      return reply.sse.close!()
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    const { seen, summary } = await readFeed(`http://127.0.0.1:${port}/`)
    expect(seen).toEqual(SEEN)
    expect(summary).toMatchObject({ reason: 'nothing-more', text: WORDS.join('') })
  })

  it('the AI SDK, whose streams end with [DONE]', async () => {
    const { createUIMessageStream, pipeUIMessageStreamToResponse } = peer('ai')
    const { url } = await listen((_req, res) => {
      type Writer = { write(part: object): void }
      const stream = createUIMessageStream({
        execute({ writer }: { writer: Writer }) {
          writer.write({ type: 'text-start', id: 't' })
          for (const delta of WORDS) writer.write({ type: 'text-delta', id: 't', delta })
          writer.write({ type: 'text-end', id: 't' })
        },
      })
      pipeUIMessageStreamToResponse({ response: res, stream })
    })
    const stream = openStream<{ type: string }>(url, { body: { messages: [] }, terminal: '[DONE]' })
    const types: string[] = []
    for await (const { payload } of stream) types.push(payload.type)
    expect(types).toContain('text-delta')
    expect(await stream.done).toMatchObject({ reason: 'complete', text: WORDS.join('') })
  })
})

describe.skipIf(!isInstalled)('our server is read by', () => {
  const NAMES = [...WORDS.map(() => 'update'), 'done']

  it('eventsource-parser', async () => {
    const { createParser } = peer('eventsource-parser')
    const events: { event: string; id: string; data: string }[] = []
    const problems: unknown[] = []
    const parser = createParser({
      onEvent: (event: (typeof events)[number]) => events.push(event),
      onError: (problem: unknown) => problems.push(problem),
    })
    const decoder = new TextDecoder()
    const { body } = await fetch(await ourServer())
    for await (const chunk of body!) parser.feed(decoder.decode(chunk, { stream: true }))
    expect(problems).toEqual([])
    expect(events.map(({ event }) => event)).toEqual(NAMES)
    expect(events.slice(0, -1).map(({ data }) => JSON.parse(data).delta)).toEqual(WORDS)
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  })

  it("undici's EventSource", async () => {
    const { EventSource } = peer('undici')
    const source = new EventSource(await ourServer())
    onTestFinished(() => source.close())
    const seen: Heard[] = []
    await new Promise<void>((resolve) => {
      source.addEventListener('update', (event: Heard) => seen.push(event))
      source.addEventListener('done', () => {
        source.close()
        resolve()
      })
    })
    expect(seen.map(({ data }) => JSON.parse(data).delta)).toEqual(WORDS)
    expect(seen.at(-1)!.lastEventId).toMatch(/-000000000004$/)
  })
})
