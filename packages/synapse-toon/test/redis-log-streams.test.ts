import { createSynapseToon } from 'synapse-toon'
import { collect, createScriptedSource } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startLog } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { listen, until } from './test-server.ts'

/** Two machines on one Redis: what one of them starts is read and stopped on the other. */
async function startTwo() {
  const { url } = await startRedis()
  const machines = await Promise.all(
    [1, 2].map(async () => {
      const toon = createSynapseToon({ log: startLog(url).log })
      onTestFinished(() => toon.shutdown({ drain: 0 }))
      const server = await listen((req, res) => {
        const streamId = new URL(req.url!, 'http://localhost').searchParams.get('id')!
        return toon.pipe({ streamId }, { req, res })
      })
      return {
        toon,
        read: (id: string, init?: RequestInit) => fetch(`${server.url}/?id=${id}`, init),
      }
    }),
  )
  return machines as [(typeof machines)[0], (typeof machines)[0]]
}

describe('streams on two machines with one Redis log', () => {
  it('are read on either, live and afterwards, from any event on', async () => {
    const [one, two] = await startTwo()
    const script = createScriptedSource(
      [...'abcde'].flatMap((delta) => [{ yield: { delta } }, { delay: 5 }]),
    )
    const { streamId } = await one.toon.start(script.source)
    const read = async (response: Promise<Response>) => {
      const { text, events, end } = await collect(response)
      expect(end?.data).toMatchObject({ reason: 'complete', chunks: 5 })
      return { text, ids: events.map(({ id }) => id) }
    }
    const live = await Promise.all(
      [one, two, two, two].map((machine) => read(machine.read(streamId))),
    )
    for (const { text } of live) expect(text).toBe('abcde')
    for (const machine of [one, two]) {
      expect((await read(machine.read(streamId))).text).toBe('abcde')
      const headers = { 'last-event-id': live[0]!.ids[2]! }
      expect((await read(machine.read(streamId, { headers }))).text).toBe('de')
    }
    expect(await two.toon.inspect(streamId)).toMatchObject({ state: 'ended', reason: 'complete' })
    expect(script.runs).toBe(1)
  })

  it('are cancelled from the other one, and started once', async () => {
    const [one, two] = await startTwo()
    const script = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])
    const key = '8e03978e-40d5-43dd-bc93-6894a57f9324'
    const started = await Promise.all(
      [one, two, two, one].map(({ toon }) => toon.startOnce(script.source, { key })),
    )
    expect(new Set(started.map(({ streamId }) => streamId)).size).toBe(1)
    await until(() => script.pulled === 1, 'the source ran')
    expect(script.runs).toBe(1)
    const { streamId } = started[0]!
    const readers = [one, two].map(({ read }) => collect(read(streamId)))
    const results = await Promise.all([one, two].map(({ toon }) => toon.cancel(streamId)))
    expect(results).toContain(true)
    for (const { end } of await Promise.all(readers)) expect(end?.data.reason).toBe('cancelled')
    expect(await two.toon.inspect(streamId)).toMatchObject({ reason: 'cancelled' })
  })
})
