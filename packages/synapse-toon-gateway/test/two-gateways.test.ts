import { collect } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
// Tests of both packages start the same real programs.
import { startRedis } from '../../synapse-toon/test/redis-server.ts'
import { openRedisRecords } from '../src/records/redis-records.ts'
import { drivenAnswers, type RunningGateway, startGateway } from '../src/test-kit.ts'

const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324'
const AS_JSON = { headers: { Accept: 'application/json' } }

/** Two gateways that share a real Redis, as on two machines, and what answers on both. */
async function startTwo(options: { readonly principalHeader?: string } = {}) {
  const { url: redisUrl } = await startRedis()
  const answers = drivenAnswers()
  const start = () =>
    startGateway({
      ...options,
      source: answers.source,
      openRecords: (report) =>
        openRedisRecords({ url: redisUrl, prefix: 'test', keepFor: undefined }, report),
    })
  const [a, b] = await Promise.all([start(), start()])
  return { a, b, answers }
}

async function post({ url }: RunningGateway, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/streams`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: '{"message":"hi"}',
  })
  expect(response.status).toBe(201)
  return (await response.json()) as { id: string; url: string }
}

async function state(url: string): Promise<Record<string, unknown>> {
  return (await (await fetch(url, AS_JSON)).json()) as Record<string, unknown>
}

const eventId = (id: string, seq: number) => `${id}-${seq.toString(16).padStart(12, '0')}`

describe('an answer that was started on one gateway', () => {
  it('is read on another, at different positions and in different encodings at once', async () => {
    const { a, b, answers } = await startTwo()
    const { id, url: address } = await post(a)
    answers.say('a', 'b', 'c')
    await expect.poll(() => state(b.url + address)).toMatchObject({ records: 3 })
    const encodings = ['json', 'toon', 'base64', 'br']
    const read = (encoding: string, after: number) =>
      collect(
        fetch(`${b.url}${address}?encoding=${encoding}`, {
          headers: after === 0 ? {} : { 'Last-Event-ID': eventId(id, after) },
        }),
      )
    const readers = encodings.flatMap((encoding) => [0, 2].map((after) => read(encoding, after)))
    // Each gateway knows its own readers at once, and those of others a little later.
    await expect
      .poll(() => state(b.url + address))
      .toMatchObject({ id, state: 'producing', records: 3, readers: readers.length })
    answers.say('d')
    answers.end()
    const texts = (await Promise.all(readers)).map(({ text, end }) => [text, end?.event])
    expect(texts).toEqual(
      encodings.flatMap(() => [
        ['abcd', 'done'],
        ['cd', 'done'],
      ]),
    )
    expect(await state(b.url + address)).toEqual({
      streamId: id,
      reason: 'complete',
      chunks: 4,
      payloads: ['a', 'b', 'c', 'd'].map((delta) => ({ delta })),
    })
    expect(answers.runs).toBe(1)
  })

  it('is stopped on another: 204 once the end is in the log, and its source is let go', async () => {
    const { a, b, answers } = await startTwo()
    const { url: address } = await post(a)
    answers.say('a')
    const reader = collect(fetch(b.url + address))
    await expect.poll(() => state(b.url + address)).toMatchObject({ records: 1, readers: 1 })
    const stopped = await fetch(b.url + address, { method: 'DELETE' })
    expect(stopped.status).toBe(204)
    expect(await state(b.url + address)).toMatchObject({ reason: 'cancelled', chunks: 1 })
    expect(answers.signalReason).toMatchObject({ code: 'ERR_SYNAPSE_CANCELLED' })
    expect((await reader).end?.data).toMatchObject({ reason: 'cancelled' })
    expect((await fetch(b.url + address, { method: 'DELETE' })).status).toBe(404)
  })

  it('is 404 on another for another principal', async () => {
    const { a, b } = await startTwo({ principalHeader: 'X-User' })
    const { url: address } = await post(a, { 'X-User': 'ann' })
    const asBob = { 'X-User': 'bob' }
    expect((await fetch(b.url + address, { headers: asBob })).status).toBe(404)
    expect((await fetch(b.url + address, { headers: asBob, method: 'DELETE' })).status).toBe(404)
    const asAnn = { 'X-User': 'ann', ...AS_JSON.headers }
    expect((await fetch(b.url + address, { headers: asAnn })).status).toBe(200)
  })

  it('is the same one for all who start it under one key on both at once, asked once', async () => {
    const { a, b, answers } = await startTwo()
    const posts = Array.from({ length: 20 }, (_, n) =>
      post(n % 2 === 0 ? a : b, { 'Idempotency-Key': KEY }),
    )
    const ids = new Set((await Promise.all(posts)).map(({ id }) => id))
    expect(ids.size).toBe(1)
    expect(answers.runs).toBe(1)
  })
})

describe('a gateway that closes while others go on', () => {
  /** As an EventSource reads: from where it was. */
  const read = (url: string, lastEventId: string | undefined) =>
    collect(
      fetch(url, { headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId } }),
    )

  it('sends its readers there, where nothing is lost or doubled, and produces to the end', async () => {
    const { a, b, answers } = await startTwo()
    const { id, url: address } = await post(a)
    answers.say('a', 'b')
    const starts = [undefined, undefined, eventId(id, 1)]
    const reading = starts.map((after) => read(a.url + address, after))
    await expect.poll(() => state(a.url + address)).toMatchObject({ records: 2, readers: 3 })

    const closed = a.close(60_000)
    const before = await Promise.all(reading)
    for (const { end, broken, retries } of before) {
      expect({ end, broken }).toEqual({ end: undefined, broken: false })
      expect(retries).toHaveLength(1)
      expect(retries[0]).toBeLessThanOrEqual(1000)
    }
    const late = await fetch(a.url + address)
    expect(late.status).toBe(503)
    expect(late.headers.get('retry-after')).toMatch(/^\d+$/)

    answers.say('c')
    const lastIds = before.map(({ events }) => events.at(-1)?.lastEventId)
    const going = lastIds.map((lastId, n) => read(b.url + address, lastId ?? starts[n]))
    answers.say('d')
    answers.end()
    const after = await Promise.all(going)
    await closed
    for (const [n, { events, end }] of after.entries()) {
      const ids = [...before[n]!.events, ...events].map(({ lastEventId }) => lastEventId)
      const first = starts[n] === undefined ? 1 : 2
      // Four payloads and the terminal frame.
      expect(ids).toEqual([1, 2, 3, 4, 5].slice(first - 1).map((seq) => eventId(id, seq)))
      expect(end?.data).toEqual({ reason: 'complete', chunks: 4 })
    }
    expect(answers.runs).toBe(1)
    expect(answers.signalReason).toBeUndefined()
  })

  it('tells readers elsewhere of an answer that took longer than it could wait', async () => {
    const { a, b, answers } = await startTwo()
    const { url: address } = await post(a)
    answers.say('a')
    const reading = read(b.url + address, undefined)
    await expect.poll(() => state(b.url + address)).toMatchObject({ records: 1, readers: 1 })
    await a.close(0)
    const { text, end } = await reading
    expect(text).toBe('a')
    expect(end?.data).toMatchObject({ code: 'shutdown', retryable: true })
    expect(answers.signalReason).toMatchObject({ code: 'ERR_SYNAPSE_SHUTDOWN' })
  })
})
