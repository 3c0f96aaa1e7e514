import { createMemoryLog, createSynapseToon } from 'synapse-toon'
import { collect, createFakeClock, createScriptedSource } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { listen, until } from './test-server.ts'

const UNKNOWN = '5f0c7a52-91d3-8e14-b0a6'
const KEY = '8e03978e-40d5-43dd-bc93-6894a57f9324'

function scripted() {
  return createScriptedSource([
    { yield: { delta: 'a' } },
    { yield: { delta: 'é' } },
    { hang: true },
  ])
}

describe('a stream that is looked at', () => {
  it('says how far it is while it runs, and how it ended', async () => {
    const script = scripted()
    const toon = createSynapseToon()
    const { streamId } = await toon.start(script.source)
    await until(() => script.pulled === 2, 'two payloads were recorded')
    const producing = { streamId, state: 'producing', records: 2, readers: 0 }
    const bytes = Buffer.byteLength('{"delta":"a"}{"delta":"é"}')
    expect(await toon.inspect(streamId)).toEqual({ ...producing, bytes })

    const { url } = await listen((req, res) => toon.pipe({ streamId }, { req, res }))
    const readers = [collect(fetch(url)), collect(fetch(url))]
    await until(() => script.pulled === 2, 'nothing more is there')
    const two = async () => (await toon.inspect(streamId)).readers === 2
    while (!(await two())) await new Promise((resolve) => setImmediate(resolve))

    expect(await toon.cancel(streamId)).toBe(true)
    await Promise.all(readers)
    expect(await toon.inspect(streamId)).toMatchObject({
      state: 'ended',
      reason: 'cancelled',
      records: 3,
      readers: 0,
    })
  })

  it('is not there for another principal, nor under an id that nobody gave out', async () => {
    const toon = createSynapseToon()
    const { streamId } = await toon.start(scripted().source, { principal: 'ann' })
    const refused = (status: number) => expect.objectContaining({ status })
    await expect(toon.inspect(streamId, { principal: 'bob' })).rejects.toEqual(refused(404))
    await expect(toon.inspect(streamId)).rejects.toEqual(refused(404))
    await expect(toon.inspect(UNKNOWN)).rejects.toEqual(refused(410))
    await expect(toon.inspect('nonsense')).rejects.toEqual(refused(410))
    expect(await toon.inspect(streamId, { principal: 'ann' })).toMatchObject({ state: 'producing' })
    await toon.shutdown({ drain: 0 })
  })
})

describe('startOnce', () => {
  it('starts one stream for any number of the same requests, at once or later', async () => {
    const script = scripted()
    const toon = createSynapseToon()
    const start = () => toon.startOnce(script.source, { key: KEY }, { principal: 'ann' })
    const started = await Promise.all(Array.from({ length: 20 }, start))
    expect(started.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(started.map(({ streamId }) => streamId)).size).toBe(1)
    await until(() => script.pulled === 2, 'the source ran')
    await toon.cancel(started[0]!.streamId, { principal: 'ann' })
    expect(await start()).toMatchObject({ streamId: started[0]!.streamId, isNew: false })
    expect(script.runs).toBe(1)
  })

  it('keeps keys of different principals apart, and of those who have none', async () => {
    const toon = createSynapseToon()
    const ids = new Set<string>()
    for (const principal of ['ann', 'bob', undefined]) {
      const { streamId, isNew } = await toon.startOnce([1], { key: KEY }, { principal })
      expect(isNew).toBe(true)
      ids.add(streamId)
    }
    expect(ids.size).toBe(3)
  })

  it('refuses a key that came with another request', async () => {
    const script = scripted()
    const toon = createSynapseToon()
    await toon.startOnce([1], { key: KEY, fingerprint: 'a' })
    await expect(
      toon.startOnce(script.source, { key: KEY, fingerprint: 'b' }),
    ).rejects.toMatchObject({
      status: 422,
      code: 'ERR_SYNAPSE_IDEMPOTENCY_KEY_REUSED',
      message: `Idempotency-Key "${KEY}" came with another request before; use a new key for a new request`,
    })
    expect(script.runs).toBe(0)
  })

  it('lets a source go that is not needed', async () => {
    const toon = createSynapseToon()
    await toon.startOnce([1], { key: KEY })
    let cancelled = false
    const open = new ReadableStream({
      cancel: () => {
        cancelled = true
      },
    })
    expect(await toon.startOnce(open, { key: KEY })).toMatchObject({ isNew: false })
    await until(() => cancelled, 'the stream that was open was cancelled')
  })

  it('starts anew, under the same id, when the stream has expired', async () => {
    const clock = createFakeClock()
    const toon = createSynapseToon({ clock, log: createMemoryLog({ clock, keepFor: 1000 }) })
    const first = await toon.startOnce([1], { key: KEY })
    await clock.advance(2000)
    const second = await toon.startOnce([1], { key: KEY })
    expect(second).toMatchObject({ streamId: first.streamId, isNew: true })
    await clock.advance(25 * 60 * 60 * 1000)
    expect((await toon.startOnce([1], { key: KEY })).streamId).not.toBe(first.streamId)
  })

  it('is refused as every start is', async () => {
    const toon = createSynapseToon({ limits: { maxStreams: 1 } })
    await toon.start(scripted().source)
    await expect(toon.startOnce([1], { key: KEY })).rejects.toMatchObject({ status: 503 })
    await toon.shutdown({ drain: 0 })
    await expect(toon.startOnce([1], { key: KEY })).rejects.toMatchObject({ status: 503 })
  })
})
