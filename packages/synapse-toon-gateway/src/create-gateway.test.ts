import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createMemoryLog } from 'synapse-toon'
import { collect, createFakeClock, openSlowClient } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGateway } from './create-gateway.ts'
import { SettingError } from './setting-error.ts'
import { scriptedAnswers, tempFolder, words } from './test-kit.ts'

const quiet = { port: 0, logLevel: 'silent' } as const

describe('an embedded gateway', () => {
  it('answers with a source of its owner, and is gone when it is closed', async () => {
    const { source } = scriptedAnswers(words('Hello'))
    const gateway = await createGateway({ ...quiet, source })
    const url = await gateway.listen()
    expect((await collect(fetch(`${url}/chat/stream?message=hi`))).text).toBe('Hello')
    await gateway.close()
    await expect(fetch(url)).rejects.toThrow()
  })

  it('does not read the environment', async () => {
    process.env.OPENAI_API_KEY = 'sk-of-somebody-else'
    try {
      expect((await createGateway(quiet)).source.kind).toBe('assistant')
    } finally {
      delete process.env.OPENAI_API_KEY
    }
  })

  it('chooses what answers by its settings', async () => {
    const { source } = await createGateway({ ...quiet, model: 'm', apiKey: 'sk-1' })
    expect(source).toMatchObject({ kind: 'openai', name: 'm' })
  })

  it('keeps answers in memory unless it is told where', async () => {
    const gateway = await createGateway({ ...quiet, source: scriptedAnswers([]).source })
    expect(gateway.records).toMatchObject({ kind: 'memory' })
    await gateway.close()
    const dataDir = join(tempFolder(), 'data')
    const onDisk = await createGateway({ ...quiet, source: scriptedAnswers([]).source, dataDir })
    expect(onDisk.records).toMatchObject({ kind: 'level' })
    expect(existsSync(dataDir)).toBe(true)
    await onDisk.close()
  })

  it('has one log: its own, or the one that it is given', async () => {
    const log = createMemoryLog()
    const { source } = scriptedAnswers([])
    const gateway = await createGateway({ ...quiet, source, streams: { log } })
    expect(gateway.records).toBeUndefined()
    const both = createGateway({ ...quiet, source, log: 'level', dataDir: 'd', streams: { log } })
    await expect(both).rejects.toThrow('log "level" cannot be used with streams.log')
  })

  it('lets an answer go on unread for as long as `continueMs` says', async () => {
    const clock = createFakeClock()
    const { source, script } = scriptedAnswers([...words('a'), { hang: true }])
    const streams = { clock }
    const gateway = await createGateway({ ...quiet, source, continueMs: 1000, streams })
    onTestFinished(() => gateway.close({ drain: 0 }))
    const url = await gateway.listen()
    await fetch(`${url}/streams`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"message":"hi"}',
    })
    await clock.advance(900)
    expect(script.signalReason).toBeUndefined()
    await clock.advance(200)
    expect(script.signalReason).toBeDefined()
  })

  it.each([
    ['maxStreams', { maxStreams: 2 }, 503, 'streams'],
    ['maxStreamsPerPrincipal', { maxStreamsPerPrincipal: 2 }, 429, 'streams-per-user'],
  ])('refuses one answer more at once than `%s` says', async (_, settings, status, limit) => {
    const { source, script } = scriptedAnswers([...words('a'), { hang: true }])
    const gateway = await createGateway({ ...quiet, source, ...settings })
    onTestFinished(() => gateway.close({ drain: 0 }))
    const url = await gateway.listen()
    const ask = () =>
      fetch(`${url}/streams`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{"message":"hi"}',
      })
    expect([(await ask()).status, (await ask()).status]).toEqual([201, 201])
    const refused = await ask()
    expect(refused.status).toBe(status)
    expect(await refused.json()).toMatchObject({ code: 'ERR_SYNAPSE_LIMIT', limit })
    expect(script.runs).toBe(2)
  })

  it('tells those who ask apart as the proxies say that `trustProxy` counts', async () => {
    const { source } = scriptedAnswers([...words('a'), { hang: true }])
    const ask = async (url: string, forwarded: string) => {
      const headers = { 'X-Forwarded-For': forwarded }
      return (await fetch(`${url}/chat/stream?message=hi`, { headers })).status
    }
    for (const [trustProxy, second] of [
      [1, 200],
      [0, 429],
    ] as const) {
      const gateway = await createGateway({
        ...quiet,
        source,
        trustProxy,
        maxStreamsPerPrincipal: 1,
      })
      onTestFinished(() => gateway.close({ drain: 0 }))
      const url = await gateway.listen()
      expect(await ask(url, '6.6.6.6, 192.0.2.1')).toBe(200)
      expect(await ask(url, '6.6.6.6, 192.0.2.2')).toBe(second)
      expect(await ask(url, '7.7.7.7, 192.0.2.1')).toBe(429)
    }
  })

  it.each([
    [{ trustProxy: 1 }, { trustProxy: 2 }, 'trustProxy 1 cannot be used with streams.trustProxy'],
    [
      { maxStreams: 5 },
      { limits: { maxStreams: 6 } },
      'maxStreams 5 cannot be used with streams.limits',
    ],
    [
      { maxStreamsPerPrincipal: 5 },
      { limits: {} },
      'maxStreamsPerPrincipal 5 cannot be used with streams.limits',
    ],
  ])(
    'refuses %j beside %j in code, since only one can be meant',
    async (settings, streams, text) => {
      await expect(createGateway({ ...quiet, ...settings, streams })).rejects.toThrow(text)
    },
  )

  it('refuses a setting by its name', async () => {
    const failed = createGateway({ port: -1 })
    await expect(failed).rejects.toThrow(SettingError)
    await expect(failed).rejects.toThrow('port must be a whole number')
  })

  it('that closes tells a slow reader so, and does not wait for its idle line', async () => {
    let onBlocked: () => void
    const blocked = new Promise<void>((resolve) => {
      onBlocked = resolve
    })
    // More than the buffers of any network hold, so that it waits for the reader for sure.
    const { source } = scriptedAnswers([...words('x'.repeat(24 * 2 ** 20)), { hang: true }])
    const log = createMemoryLog({ maxBytes: 32 * 2 ** 20 })
    const streams = { log, observer: { blocked: () => onBlocked() } }
    const gateway = await createGateway({ ...quiet, source, streams })
    const url = await gateway.listen()
    const client = openSlowClient(`${url}/chat/stream?message=hi`)
    await blocked
    const closed = gateway.close({ drain: 0 })
    // Only once nobody can connect does Node no longer look for idle lines.
    await expect
      .poll(() =>
        fetch(url).then(
          () => 'open',
          () => 'closed',
        ),
      )
      .toBe('closed')
    client.resume()
    await client.closed
    await closed
    expect(client.received.slice(-300)).toContain('"code":"shutdown"')
  })

  it('that closes does not wait for a line on which nothing was ever asked', async () => {
    const gateway = await createGateway({ ...quiet, source: scriptedAnswers([]).source })
    const { port } = new URL(await gateway.listen())
    const spare = connect({ host: '127.0.0.1', port: Number(port) })
    onTestFinished(() => void spare.destroy())
    await once(spare, 'connect')
    await gateway.close()
  })
})
