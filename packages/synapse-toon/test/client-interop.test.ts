import type { IncomingMessage, ServerResponse } from 'node:http'
import fastifySse from '@fastify/sse'
import { getRequestListener } from '@hono/node-server'
import { createUIMessageStream, pipeUIMessageStreamToResponse } from 'ai'
import { createSession } from 'better-sse'
import fastify from 'fastify'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { openStream } from 'synapse-toon/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen } from './test-server.ts'

const WORDS = ['Hel', 'lo ', 'wörld 🌍', '\nline two']

interface Delta {
  readonly delta: string
}

/** What an application knows of a reader that has all of a feed. */
function hasAll(req: IncomingMessage, res: ServerResponse): boolean {
  if (req.headers['last-event-id'] !== String(WORDS.length)) return false
  res.writeHead(204).end()
  return true
}

/** Reads a feed to its end, over its reconnects. */
async function readFeed(url: string) {
  const stream = openStream<Delta>(url, {
    protocol: 'eventsource',
    reconnect: { initial: 1, jitter: 0 },
  })
  const seen: string[] = []
  for await (const { event, id, payload } of stream) seen.push(`${event} ${id} ${payload.delta}`)
  return { seen, summary: await stream.done }
}

const SEEN = WORDS.map((delta, n) => `update ${n + 1} ${delta}`)
const WHOLE = { reason: 'nothing-more', text: WORDS.join(''), resumes: 0 }

describe('our client reads', () => {
  it('better-sse', async () => {
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
    expect(summary).toMatchObject(WHOLE)
  })

  it("Hono's streamSSE", async () => {
    const app = new Hono()
    app.get('/', (c) => {
      if (c.req.header('Last-Event-ID') === String(WORDS.length)) return c.body(null, 204)
      return streamSSE(c, async (stream) => {
        for (const [n, delta] of WORDS.entries()) {
          const data = JSON.stringify({ delta })
          await stream.writeSSE({ data, event: 'update', id: String(n + 1) })
        }
      })
    })
    const { url } = await listen(getRequestListener(app.fetch))
    const { seen, summary } = await readFeed(url)
    expect(seen).toEqual(SEEN)
    expect(summary).toMatchObject(WHOLE)
  })

  it('@fastify/sse', async () => {
    const app = fastify()
    onTestFinished(() => app.close())
    await app.register(fastifySse)
    app.get('/', { sse: true }, async (request, reply) => {
      if (hasAll(request.raw, reply.raw)) return reply.hijack()
      reply.sse.keepAlive()
      for (const [n, delta] of WORDS.entries()) {
        await reply.sse.send({ id: String(n + 1), event: 'update', data: { delta } })
      }
      return reply.sse.close()
    })
    const { seen, summary } = await readFeed(await app.listen({ port: 0, host: '127.0.0.1' }))
    expect(seen).toEqual(SEEN)
    expect(summary).toMatchObject(WHOLE)
  })

  it('the AI SDK, whose streams end with [DONE]', async () => {
    const { url } = await listen((_req, response) => {
      const stream = createUIMessageStream({
        execute({ writer }) {
          writer.write({ type: 'text-start', id: 't' })
          for (const delta of WORDS) writer.write({ type: 'text-delta', id: 't', delta })
          writer.write({ type: 'text-end', id: 't' })
        },
      })
      pipeUIMessageStreamToResponse({ response, stream })
    })
    const stream = openStream<{ type: string }>(url, { body: { messages: [] }, terminal: '[DONE]' })
    const types: string[] = []
    for await (const { payload } of stream) types.push(payload.type)
    expect(types).toContain('text-delta')
    expect(await stream.done).toMatchObject({ reason: 'complete', text: WORDS.join('') })
  })
})
