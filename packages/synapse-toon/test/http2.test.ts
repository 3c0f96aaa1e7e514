import { execFile } from 'node:child_process'
import { connect, constants } from 'node:http2'
import { promisify } from 'node:util'
import { createSynapseToon } from 'synapse-toon'
import { createScriptedSource, createTestStream } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenH2c, until } from './test-server.ts'

const run = promisify(execFile)

function open(url: string, headers: Record<string, string> = {}) {
  const session = connect(url)
  onTestFinished(() => session.destroy())
  // A session that is cut on purpose ends with an error.
  session.on('error', () => {})
  const stream = session.request({ ':path': '/', ...headers })
  let text = ''
  let responseHeaders: Record<string, unknown> = {}
  stream.on('response', (received) => {
    responseHeaders = received
  })
  stream.setEncoding('utf8')
  stream.on('data', (chunk) => {
    text += chunk
  })
  stream.on('error', () => {})
  const closed = new Promise<void>((resolve) => stream.on('close', () => resolve()))
  return {
    session,
    stream,
    closed,
    get text() {
      return text
    },
    get headers() {
      return responseHeaders
    },
  }
}

describe('over HTTP/2 (h2c)', () => {
  it("streams with the seed's headers, less Connection, which HTTP/2 forbids", async () => {
    const toon = createSynapseToon()
    const { url } = await listenH2c((req, res) =>
      toon.pipe(createTestStream({ count: 5, intervalMs: 1 }), { req, res }),
    )
    const client = open(url)
    await client.closed
    expect(client.headers).toMatchObject({
      ':status': 200,
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-synapse-toon-format': 'streaming',
    })
    expect(client.headers).not.toHaveProperty('connection')
    expect(client.text.match(/event: update/g)).toHaveLength(5)
    expect(client.text).toContain('event: done')
  })

  it('is read by curl --http2-prior-knowledge', async () => {
    const toon = createSynapseToon()
    const { url } = await listenH2c((req, res) =>
      toon.pipe(createTestStream({ count: 3, intervalMs: 1 }), { req, res }),
    )
    const { stdout } = await run('curl', ['-sS', '-N', '-i', '--http2-prior-knowledge', url])
    expect(stdout).toMatch(/^HTTP\/2 200/)
    expect(stdout).toContain('Token 2')
    expect(stdout).toContain('event: done')
  })

  it('gives an early failure its real status', async () => {
    const toon = createSynapseToon()
    const { url } = await listenH2c((req, res) =>
      toon.pipe(createScriptedSource([{ throw: new Error('secret') }]).source, { req, res }),
    )
    const client = open(url)
    await client.closed
    expect(client.headers[':status']).toBe(500)
    expect(client.text).toBe('{"error":"Stream failed"}')
  })

  it.each(['stream', 'session'] as const)('notices a client that drops its %s', async (what) => {
    const script = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])
    const toon = createSynapseToon({ onDisconnect: 'cancel' })
    const { url } = await listenH2c((req, res) => toon.pipe(script.source, { req, res }))
    const client = open(url)
    await until(() => client.text.includes('"a"'), 'the first token came')
    if (what === 'stream') client.stream.close(constants.NGHTTP2_CANCEL)
    else client.session.destroy()
    await until(() => script.signalReason !== undefined, 'the signal fired')
    await until(() => script.open === 0, 'the source was let go')
  })

  it('makes the source wait for a client that does not read, and closes it after stall', async () => {
    let pulled = 0
    async function* source() {
      for (;;) yield { n: pulled++, text: 'x'.repeat(16_000) }
    }
    const reasons: unknown[] = []
    const toon = createSynapseToon({
      onDisconnect: 'cancel',
      deadlines: { stall: 300 },
      observer: { disconnected: ({ reason }) => reasons.push(reason) },
    })
    const { url } = await listenH2c((req, res) => toon.pipe(() => source(), { req, res }))
    const client = open(url)
    client.stream.pause()
    await until(() => reasons.length > 0, 'the connection was closed')
    expect(reasons).toEqual(['stalled-client'])
    // HTTP/2 has flow control of its own: far less than TCP's buffers fits.
    expect(pulled).toBeLessThan(50)
  })
})
