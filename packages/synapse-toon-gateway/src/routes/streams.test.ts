import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { scriptedAnswers, startGateway, words } from '../test-kit.ts'

const UNKNOWN = '5f0c7a52-91d3-8e14-b0a6'

describe('the address of a stream', () => {
  it('is where a client that POSTed reads on', async () => {
    const { source, script } = scriptedAnswers(words('a', 'b'))
    const { url } = await startGateway({ source })
    const first = await collect(
      fetch(`${url}/chat/stream`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{"message":"hi"}',
      }),
    )
    const address = `${url}${first.headers.get('content-location')}`
    expect((await collect(fetch(address))).text).toBe('ab')
    const headers = { 'Last-Event-ID': first.events[0]!.lastEventId }
    expect((await collect(fetch(address, { headers }))).text).toBe('b')
    const end = { 'Last-Event-ID': first.events[2]!.lastEventId }
    expect((await fetch(address, { headers: end })).status).toBe(204)
    expect(script.runs).toBe(1)
  })

  it.each([UNKNOWN, 'nonsense', 'a'.repeat(90)])('of no stream gives 410: %s', async (id) => {
    const { url } = await startGateway({ source: scriptedAnswers([]).source })
    const response = await fetch(`${url}/streams/${id}`)
    expect(response.status).toBe(410)
    expect(await response.json()).toHaveProperty('error')
  })

  it('ends the answer when it is deleted: its reader gets done, its source the signal', async () => {
    const { source, script } = scriptedAnswers([...words('a'), { hang: true }])
    const { url } = await startGateway({ source })
    const client = openRawClient(`${url}/chat/stream?message=hi`)
    await client.waitFor('{"delta":"a"}')
    const id = /X-Synapse-TOON-Stream: (\S+)/.exec(client.received)![1]
    const stopped = await fetch(`${url}/streams/${id}`, { method: 'DELETE' })
    expect(stopped.status).toBe(204)
    expect(await stopped.text()).toBe('')
    await client.waitFor('event: done\ndata: {"reason":"cancelled","chunks":1}')
    expect(script.signalReason).toMatchObject({ code: 'ERR_SYNAPSE_CANCELLED' })

    const again = await fetch(`${url}/streams/${id}`, { method: 'DELETE' })
    expect(again.status).toBe(404)
    expect(await again.json()).toEqual({ error: expect.stringContaining(`no stream "${id}"`) })
    client.leave()
  })

  it.each([UNKNOWN, 'nonsense', '%22'])('of no stream cannot be deleted: %s', async (id) => {
    const { url } = await startGateway({ source: scriptedAnswers([]).source })
    const response = await fetch(`${url}/streams/${id}`, { method: 'DELETE' })
    expect(response.status).toBe(404)
    expect(await response.json()).toHaveProperty('error')
  })
})
