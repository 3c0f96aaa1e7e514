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

describe('how an answer is doing', () => {
  const asJson = { headers: { Accept: 'application/json' } }

  it('is told at once while it runs, with its readers, and it is not one itself', async () => {
    const { source } = scriptedAnswers([...words('a', 'b'), { hang: true }])
    const { url } = await startGateway({ source })
    const client = openRawClient(`${url}/chat/stream?message=hi`)
    await client.waitFor('{"delta":"b"}')
    const id = /X-Synapse-TOON-Stream: (\S+)/.exec(client.received)![1]
    const response = await fetch(`${url}/streams/${id}`, asJson)
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('vary')).toBe('Accept')
    const bytes = 2 * '{"delta":"a"}'.length
    const state = { id, state: 'producing', records: 2, bytes, readers: 1 }
    expect(await response.json()).toEqual(state)
    client.leave()
  })

  it('may be told in TOON', async () => {
    const { source } = scriptedAnswers([...words('a'), { hang: true }])
    const { url } = await startGateway({ source })
    const client = openRawClient(`${url}/chat/stream?message=hi`)
    await client.waitFor('{"delta":"a"}')
    const id = /X-Synapse-TOON-Stream: (\S+)/.exec(client.received)![1]
    const headers = { Accept: 'application/x-synapse-toon' }
    const response = await fetch(`${url}/streams/${id}`, { headers })
    expect(response.headers.get('content-type')).toBe('application/x-synapse-toon')
    expect(await response.text()).toContain('state: producing')
    client.leave()
  })

  it('is the whole answer once it has ended', async () => {
    const { source } = scriptedAnswers(words('a', 'b'))
    const { url } = await startGateway({ source })
    const { headers } = await collect(fetch(`${url}/chat/stream?message=hi`))
    const response = await fetch(`${url}${headers.get('content-location')}`, asJson)
    expect(await response.json()).toEqual({
      streamId: headers.get('x-synapse-toon-stream'),
      reason: 'complete',
      chunks: 2,
      payloads: [{ delta: 'a' }, { delta: 'b' }],
    })
  })

  it.each([UNKNOWN, 'nonsense'])('of no stream is 410: %s', async (id) => {
    const { url } = await startGateway({ source: scriptedAnswers([]).source })
    const response = await fetch(`${url}/streams/${id}`, asJson)
    expect(response.status).toBe(410)
    expect(await response.json()).toMatchObject({ code: 'ERR_SYNAPSE_STREAM_GONE' })
  })
})

describe('an answer of somebody', () => {
  /** A gateway behind a proxy that names who asks, and an answer of ann's that runs. */
  async function startForAnn() {
    const { source, script } = scriptedAnswers([...words('a'), { hang: true }])
    const { url } = await startGateway({ source, principalHeader: 'X-User' })
    const as = (user: string | undefined, init: RequestInit = {}) => ({
      ...init,
      headers: { ...init.headers, ...(user === undefined ? {} : { 'x-user': user }) },
    })
    const body = { method: 'POST', body: '{"message":"hi"}' }
    const json = { headers: { 'Content-Type': 'application/json' } }
    const response = await fetch(`${url}/streams`, as('ann', { ...body, ...json }))
    const { url: address } = (await response.json()) as { url: string }
    return { url: url + address, as, script }
  }

  it('is 404 for anybody else, and for nobody in particular, whatever is asked of it', async () => {
    const { url, as, script } = await startForAnn()
    const asJson = { headers: { Accept: 'application/json' } }
    for (const user of ['bob', 'an', 'ann2', undefined]) {
      expect((await fetch(url, as(user))).status).toBe(404)
      expect((await fetch(url, as(user, asJson))).status).toBe(404)
      expect((await fetch(url, as(user, { method: 'DELETE' }))).status).toBe(404)
    }
    expect(script.signalReason).toBeUndefined()
  })

  it('is read, watched and stopped by its owner', async () => {
    const { url, as, script } = await startForAnn()
    const asJson = { headers: { Accept: 'application/json' } }
    expect(await (await fetch(url, as('ann', asJson))).json()).toMatchObject({ state: 'producing' })
    const reading = fetch(url, as('ann'))
    expect((await fetch(url, as('ann', { method: 'DELETE' }))).status).toBe(204)
    expect((await collect(reading)).end?.data).toMatchObject({ reason: 'cancelled' })
    expect(script.signalReason).toMatchObject({ code: 'ERR_SYNAPSE_CANCELLED' })
  })
})
