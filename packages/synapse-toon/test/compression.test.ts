import compression from 'compression'
import express from 'express'
import { createSynapseToon } from 'synapse-toon'
import { synapseToon } from 'synapse-toon/express'
import { createScriptedSource, openRawClient, openSlowClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { listen, until } from './test-server.ts'

const ACCEPTS_GZIP = { headers: { 'Accept-Encoding': 'gzip' } }

describe("behind compression middleware, which puts its own write before the response's", () => {
  it('a token is on the network before the next one is there', async () => {
    const script = createScriptedSource([{ yield: { delta: 'first' } }, { hang: true }])
    const app = express().use(
      compression(),
      synapseToon({ onDisconnect: 'cancel', compression: false }),
    )
    app.get('/', (_req, res) => res.synapseToonStream(script.source))
    const { url } = await listen(app)
    const client = openRawClient(url, ACCEPTS_GZIP)
    // `no-transform` keeps the middleware from compressing [RFC 9111 §5.2.2.6].
    await client.waitFor('"first"')
    expect(client.received).not.toContain('Content-Encoding')
    client.leave()
    await until(() => script.open === 0, 'the source was let go')
  })

  it('a client that does not read makes the source wait, and is closed after stall', async () => {
    let pulled = 0
    function* endless() {
      for (;;) yield { n: pulled++, text: 'x'.repeat(32_000) }
    }
    const reasons: unknown[] = []
    const toon = createSynapseToon({
      onDisconnect: 'cancel',
      compression: false,
      deadlines: { stall: 300 },
      observer: { disconnected: ({ reason }) => reasons.push(reason) },
    })
    const app = express().use(compression(), synapseToon(toon))
    app.get('/', (_req, res) => res.synapseToonStream(endless()))
    const { url } = await listen(app)
    openSlowClient(url, ACCEPTS_GZIP)
    await until(() => reasons.length > 0, 'the connection was closed')
    expect(reasons).toEqual(['stalled-client'])
    // What the kernel takes (see slow-client.test.ts), and little more.
    expect(pulled * 32_000).toBeLessThan(12 * 1024 * 1024)
  })
})
