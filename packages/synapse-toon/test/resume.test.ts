import { createMemoryLog, createSynapseToon } from 'synapse-toon'
import { collect, createScriptedSource, openLeavingClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { listen, refusalOf, until } from './test-server.ts'

function idsOf(text: string): string[] {
  return [...text.matchAll(/^id: (\S+)$/gm)].map(([, id]) => id!)
}

function from(lastEventId: string, headers: Record<string, string> = {}): RequestInit {
  return { headers: { ...headers, 'Last-Event-ID': lastEventId } }
}

async function tenWords(options = {}) {
  const script = createScriptedSource(
    Array.from({ length: 10 }, (_, n) => [{ yield: { delta: `w${n} ` } }, { delay: 5 }]).flat(),
  )
  const toon = createSynapseToon(options)
  const { url } = await listen((req, res) => {
    const principal = (req.headers.authorization as string | undefined) || undefined
    return toon.pipe(script.source, { req, res, principal })
  })
  return { script, toon, url }
}

describe('a client that comes back', () => {
  it('gets every event after the one that it names, and then those that come', async () => {
    const { script, url } = await tenWords()
    const first = openLeavingClient(url, { after: 'w3 ' })
    await first.closed
    const lastId = idsOf(first.received).at(-1)!
    const { text, end } = await collect(fetch(url, from(lastId)))
    const seen = Number.parseInt(lastId.slice(24), 16)
    expect(text).toBe(Array.from({ length: 10 - seen }, (_, n) => `w${seen + n} `).join(''))
    expect(end).toEqual({ event: 'done', data: { reason: 'complete', chunks: 10 } })
    expect(script.runs).toBe(1)
  })

  it('gets the same from every position, whole and with nothing twice', async () => {
    const { script, url } = await tenWords()
    const whole = await collect(fetch(url))
    for (const [index, event] of whole.events.entries()) {
      const response = await fetch(url, from(event.id!))
      const isLast = index === whole.events.length - 1
      expect(response.status).toBe(isLast ? 204 : 200)
      const rest = isLast ? [] : (await collect(response)).events
      expect(rest).toEqual(whole.events.slice(index + 1))
    }
    expect(script.runs).toBe(1)
  })

  it('may name its last event in the query, and the header counts more', async () => {
    const { url } = await tenWords()
    const { events } = await collect(fetch(url))
    const [, second, third] = events
    const byQuery = await collect(fetch(`${url}/?lastEventId=${second!.id}`))
    expect(byQuery.events[0]).toEqual(third)
    const byBoth = await fetch(`${url}/?lastEventId=${second!.id}`, from(events.at(-1)!.id!))
    expect(byBoth.status).toBe(204)
  })

  it('may ask for another encoding than before', async () => {
    const { url } = await tenWords()
    const { events } = await collect(fetch(url))
    const rest = await collect(fetch(`${url}/?encoding=toon`, from(events[0]!.id!)))
    expect(rest.events[0]!.data).toBe('delta: "w1 "')
    expect(rest.text).toBe('w1 w2 w3 w4 w5 w6 w7 w8 w9 ')
  })

  it('is refused with 400 for an id that is not ours, and nothing is started', async () => {
    const { script, url } = await tenWords()
    for (const id of ['42', 'x', '550e8400-e29b-41d4-a716-446655440000', '-1']) {
      const response = await fetch(url, from(id))
      expect(response.status).toBe(400)
      const { error, code } = await refusalOf(response)
      expect(code).toBe('ERR_SYNAPSE_INVALID_EVENT_ID')
      expect(error).toContain(JSON.stringify(id))
    }
    expect(script.runs).toBe(0)
  })

  it('is refused with 400 for a position that was never sent', async () => {
    const { url } = await tenWords()
    const { events } = await collect(fetch(url))
    const beyond = `${events[0]!.id!.slice(0, 24)}0000000000ff`
    const response = await fetch(url, from(beyond))
    expect(response.status).toBe(400)
    expect((await refusalOf(response)).error).toContain('up to position 11')
  })

  it('is refused with 410 for a stream that is unknown, and nothing is started', async () => {
    const { script, url } = await tenWords()
    const response = await fetch(url, from('5f0c7a52-91d3-8e14-b0a6-00000000002a'))
    expect(response.status).toBe(410)
    expect((await refusalOf(response)).code).toBe('ERR_SYNAPSE_STREAM_GONE')
    expect(script.runs).toBe(0)
  })

  it('is refused with 410 once the stream has expired', async () => {
    const { url } = await tenWords({ log: createMemoryLog({ keepFor: 30 }) })
    const { events } = await collect(fetch(url))
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect((await fetch(url, from(events[0]!.id!))).status).toBe(410)
  })

  it("is refused with 404 where the stream is another principal's", async () => {
    const { script, url } = await tenWords()
    const mine = await collect(fetch(url, { headers: { authorization: 'ann' } }))
    const id = mine.events[0]!.id!
    expect((await fetch(url, from(id, { authorization: 'ann' }))).status).toBe(200)
    for (const headers of [{ authorization: 'bob' }, undefined]) {
      const response = await fetch(url, from(id, headers))
      expect(response.status).toBe(404)
      expect(await response.text()).not.toContain('w1')
    }
    expect(script.runs).toBe(1)
  })

  it('is told of a gap where records were dropped, and gets what is left', async () => {
    const log = createMemoryLog({ maxBytes: 200 })
    const toon = createSynapseToon({ log })
    const { url } = await listen((req, res) =>
      toon.pipe(() => Array.from({ length: 100 }, (_, n) => ({ n })), { req, res }),
    )
    const whole = await collect<{ n: number }>(fetch(url))
    expect(whole.payloads).toHaveLength(100)
    const back = await collect<{ n: number }>(fetch(url, from(whole.events[4]!.id!)))
    expect(back.events[0]!.event).toBe('gap')
    const gap = JSON.parse(back.events[0]!.data)
    expect(gap.from).toBe(6)
    expect(back.payloads[0]).toEqual({ n: gap.to })
    expect(back.payloads.at(-1)).toEqual({ n: 99 })
    expect(back.end?.data).toEqual({ reason: 'complete', chunks: 100 })
    // The gap's own id: coming back right after it does not tell it again.
    const again = await collect(fetch(url, from(back.events[0]!.id!)))
    expect(again.events).toEqual(back.events.slice(1))
  })

  it('does not start a source that was opened before, and lets it go', async () => {
    let returned = 0
    const opened = () => ({
      async *[Symbol.asyncIterator]() {
        yield { delta: 'once' }
      },
      controller: { abort: () => returned++ },
    })
    const toon = createSynapseToon()
    const { url } = await listen((req, res) => toon.pipe(opened(), { req, res }))
    const { events } = await collect(fetch(url))
    expect(returned).toBe(0)
    expect((await fetch(url, from(events.at(-1)!.id!))).status).toBe(204)
    expect(returned).toBe(1)
  })
})

describe('a stream that several clients read', () => {
  it('runs its source once, and gives each the whole answer', async () => {
    const script = createScriptedSource([
      { yield: { delta: 'a' } },
      { delay: 30 },
      { yield: { delta: 'b' } },
    ])
    const toon = createSynapseToon()
    const handle = await toon.start(script.source)
    const { url } = await listen((req, res) => toon.pipe(handle, { req, res }))
    const all = await Promise.all([1, 2, 3].map(() => collect(fetch(url))))
    for (const one of all) expect(one.text).toBe('ab')
    expect(script.runs).toBe(1)
    expect((await handle.done).reason).toBe('complete')
  })

  it('ends with "cancelled" for all of them when someone asks for it', async () => {
    const script = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])
    const toon = createSynapseToon()
    const handle = await toon.start(script.source, { principal: 'ann' })
    const { url } = await listen((req, res) => toon.pipe(handle, { req, res, principal: 'ann' }))
    const reading = [collect(fetch(url)), collect(fetch(url))]
    await until(() => script.pulled === 1, 'the source ran')
    expect(await toon.cancel(handle.streamId, { principal: 'bob' })).toBe(false)
    expect(await toon.cancel(handle.streamId, { principal: 'ann' })).toBe(true)
    for (const { end } of await Promise.all(reading)) {
      expect(end).toEqual({ event: 'done', data: { reason: 'cancelled', chunks: 1 } })
    }
    expect(await toon.cancel(handle.streamId, { principal: 'ann' })).toBe(false)
  })

  it('is answered 400 when Last-Event-ID is of another stream than the address', async () => {
    const toon = createSynapseToon()
    const one = await toon.start([1])
    const two = await toon.start([2])
    const { url } = await listen((req, res) => toon.pipe(one, { req, res }))
    const response = await fetch(url, from(`${two.streamId}-000000000001`))
    expect(response.status).toBe(400)
    expect((await refusalOf(response)).code).toBe('ERR_SYNAPSE_WRONG_POSITION')
  })
})
