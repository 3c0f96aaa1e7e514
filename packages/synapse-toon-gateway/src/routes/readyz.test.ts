import { createMemoryLog } from 'synapse-toon'
import { openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import type { Records } from '../records/records.ts'
import { scriptedAnswers, startGateway, words } from '../test-kit.ts'

async function ready(url: string) {
  const response = await fetch(`${url}/readyz`)
  return { status: response.status, body: await response.json() }
}

describe('readiness', () => {
  it('is 503 as soon as a shutdown begins, while what runs may go on', async () => {
    const { source } = scriptedAnswers([...words('a'), { hang: true }])
    const { url, toon, close } = await startGateway({ source })
    expect(await ready(url)).toEqual({ status: 200, body: { status: 'ready' } })
    const client = openRawClient(`${url}/chat/stream?message=hi`)
    await client.waitFor('{"delta":"a"}')
    const closed = close(60_000)
    expect(await ready(url)).toEqual({ status: 503, body: { status: 'stopping' } })
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    const refused = await fetch(`${url}/streams`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"message":"hi"}',
    })
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    await toon.cancel(/X-Synapse-TOON-Stream: (\S+)/.exec(client.received)![1]!)
    await client.waitFor('"reason":"cancelled"')
    client.leave()
    await closed
  })

  it('is 503 while the store of the log is away, and 200 again after', async () => {
    let isThere = true
    let isClosed = false
    const records: Records = {
      kind: 'redis',
      log: createMemoryLog(),
      note: '',
      isReady: async () => isThere,
      async close() {
        isClosed = true
      },
    }
    const { source } = scriptedAnswers([])
    const { url, close } = await startGateway({ source, openRecords: async () => records })
    isThere = false
    expect(await ready(url)).toEqual({ status: 503, body: { status: 'log-away' } })
    isThere = true
    expect((await ready(url)).status).toBe(200)
    await close(0)
    expect(isClosed).toBe(true)
  })
})
