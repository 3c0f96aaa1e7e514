import { createLimits } from 'synapse-toon'
import { collect, createFakeClock, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { scriptedAnswers, startGateway, words } from '../test-kit.ts'

const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324'

/** `POST /streams`. */
function start(url: string, message: string, headers: Record<string, string> = {}) {
  return fetch(`${url}/streams`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ message }),
  })
}

async function startedId(response: Promise<Response>): Promise<string> {
  const { id } = (await (await response).json()) as { id: string }
  return id
}

describe('starting an answer', () => {
  it('gives its address, where any number of readers get all of it', async () => {
    const { source, script } = scriptedAnswers(words('Hel', 'lo'))
    const { url } = await startGateway({ source })
    const response = await start(url, 'hi')
    expect(response.status).toBe(201)
    const { id, url: address } = (await response.json()) as { id: string; url: string }
    expect(address).toBe(`/streams/${id}`)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      location: address,
      'content-location': address,
      'x-synapse-toon-stream': id,
      'cache-control': 'no-store',
    })
    const readers = await Promise.all([1, 2].map(() => collect(fetch(url + address))))
    expect(readers.map(({ text }) => text)).toEqual(['Hello', 'Hello'])
    expect(readers.map(({ end }) => end?.event)).toEqual(['done', 'done'])
    expect(script.runs).toBe(1)
  })

  it('is refused as a question is, and asks nothing', async () => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    const response = await start(url, '')
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ error: expect.stringContaining('message must be') })
    expect(script.runs).toBe(0)
  })

  it('is paid for no longer than `continueFor` when nobody comes to read', async () => {
    const clock = createFakeClock()
    const { source, script } = scriptedAnswers([...words('a'), { hang: true }])
    const { url } = await startGateway({ source, streams: { clock, continueFor: 5000 } })
    // Its client leaves without having seen the answer.
    const client = openRawClient(`${url}/streams`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"message":"hi"}',
    })
    await expect.poll(() => script.pulled).toBe(1)
    client.leave()
    await clock.advance(4900)
    expect(script.open).toBe(1)
    await clock.advance(500)
    expect(script.signalReason).toMatchObject({ name: 'StreamInterruptedError' })
    expect(script.open).toBe(0)
  })

  it('is counted by address where nobody says who asks, as the trusted proxy names it', async () => {
    const { source } = scriptedAnswers([...words('a'), { hang: true }])
    const limits = createLimits({ maxStreamsPerUser: 1, starts: { limit: 5, windowMs: 60_000 } })
    const { url } = await startGateway({ source, streams: { limits, trustProxy: 1 } })
    const from = (address: string) => start(url, 'hi', { 'X-Forwarded-For': `6.6.6.6, ${address}` })
    const first = await from('192.0.2.1')
    expect(first.status).toBe(201)
    expect(first.headers.get('ratelimit')).toMatch(/^"starts";r=4;/)
    expect((await from('192.0.2.1')).status).toBe(429)
    expect((await from('192.0.2.2')).status).toBe(201)
  })

  it('is held by the limits: 429 says which one, and when to come back', async () => {
    const { source, script } = scriptedAnswers([...words('a'), { hang: true }])
    const limits = createLimits({ maxStreamsPerUser: 1 })
    const { url } = await startGateway({ source, streams: { limits, principal: 'ann' } })
    expect((await start(url, 'hi')).status).toBe(201)
    const response = await start(url, 'hi')
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(response.headers.get('ratelimit-policy')).toBe('"streams-per-user";q=1')
    expect(await response.json()).toEqual({
      error: expect.stringContaining('the most streams open'),
      code: 'ERR_SYNAPSE_LIMIT',
      limit: 'streams-per-user',
    })
    expect(script.runs).toBe(1)
  })
})

describe('starting an answer under a key', () => {
  it('again names the same answer in the same words, and asks once', async () => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    const first = await start(url, 'hi', { 'Idempotency-Key': KEY })
    const again = await start(url, 'hi', { 'Idempotency-Key': `"${KEY}"` })
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.headers.get('location')).toBe(first.headers.get('location'))
    expect(await again.json()).toEqual(await first.json())
    expect(script.runs).toBe(1)
  })

  it('at once from many clients asks once', async () => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    const asked = Array.from({ length: 20 }, () =>
      startedId(start(url, 'hi', { 'Idempotency-Key': KEY })),
    )
    expect(new Set(await Promise.all(asked)).size).toBe(1)
    expect(script.runs).toBe(1)
  })

  it('is one answer for each key', async () => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    const one = await startedId(start(url, 'hi', { 'Idempotency-Key': KEY }))
    const other = await startedId(start(url, 'hi', { 'Idempotency-Key': `${KEY}-2` }))
    expect(other).not.toBe(one)
    expect(script.runs).toBe(2)
  })

  it('with another question is 422', async () => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    await start(url, 'hi', { 'Idempotency-Key': KEY })
    const other = await start(url, 'something else', { 'Idempotency-Key': KEY })
    expect(other.status).toBe(422)
    expect(await other.json()).toEqual({
      error: expect.stringContaining('use a new key for a new request'),
      code: 'ERR_SYNAPSE_IDEMPOTENCY_KEY_REUSED',
    })
    expect(script.runs).toBe(1)
  })

  it('that is none is 400, and asks nothing', async () => {
    const { source, script } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    const response = await start(url, 'hi', { 'Idempotency-Key': 'short' })
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: string }
    expect(error).toContain('Idempotency-Key must be one key of 16 to 255')
    expect(script.runs).toBe(0)
  })
})
