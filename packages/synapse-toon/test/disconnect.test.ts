import { createSynapseToon, StreamInterruptedError } from 'synapse-toon'
import {
  createScriptedSource,
  openLeavingClient,
  openRawClient,
  openSlowClient,
  type ScriptStep,
} from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import type { ConnectionSummary, StreamSummary } from '../src/stream/observer.ts'
import { listen, until } from './test-server.ts'

/** From the moment that the socket is cut to the source's signal, in ms. */
const SIGNAL_WITHIN_MS = 50

const BIG = 'x'.repeat(64 * 1024)

/** A server whose one route streams the script, and what it saw. */
async function scriptServer(steps: () => Iterable<ScriptStep<unknown>>, options = {}) {
  const script = createScriptedSource(steps)
  const ended: StreamSummary[] = []
  const disconnected: ConnectionSummary[] = []
  const toon = createSynapseToon({
    onDisconnect: 'cancel',
    observer: {
      ended: (summary) => ended.push(summary),
      disconnected: (summary) => disconnected.push(summary),
    },
    ...options,
  })
  const { url } = await listen((req, res) => toon.pipe(script.source, { req, res }))
  return { script, ended, disconnected, toon, url }
}

function* endlessBig(): Generator<ScriptStep<unknown>> {
  while (true) yield { yield: { text: BIG } }
}

describe('a client that leaves', () => {
  it.each(['reset', 'close'] as const)(
    'in mid-stream (%s) ends the stream, and the signal fires within 50 ms',
    async (how) => {
      const { script, ended, disconnected, url } = await scriptServer(() => [
        { yield: { delta: 'first' } },
        { hang: true },
      ])
      const client = openRawClient(url)
      await client.waitFor('first')
      const leftAt = performance.now()
      client.leave(how)
      await until(() => script.signalReason !== undefined, 'the signal fired')
      expect(script.signalledAt! - leftAt).toBeLessThan(SIGNAL_WITHIN_MS)
      expect(script.signalReason).toBeInstanceOf(StreamInterruptedError)
      await until(() => script.open === 0, 'the source was let go')
      expect(ended).toMatchObject([{ reason: 'client-left', chunks: 1 }])
      expect(disconnected).toMatchObject([{ reason: 'client-left', status: 200 }])
    },
  )

  it('before the first token is noticed too', async () => {
    const { script, ended, disconnected, url } = await scriptServer(() => [{ hang: true }])
    const client = openRawClient(url)
    await until(() => script.runs === 1, 'the source was asked')
    const leftAt = performance.now()
    client.leave()
    await until(() => script.signalReason !== undefined, 'the signal fired')
    expect(script.signalledAt! - leftAt).toBeLessThan(SIGNAL_WITHIN_MS)
    await until(() => disconnected.length === 1, 'the connection is over')
    expect(ended).toMatchObject([{ reason: 'client-left', chunks: 0 }])
    // No status had been sent.
    expect(disconnected).toMatchObject([{ status: 0 }])
  })

  it('before the first token of a POST is told from one whose body was read', async () => {
    const { script, url } = await scriptServer(() => [{ delay: 30 }, { yield: { delta: 'late' } }])
    const client = openRawClient(url, { method: 'POST', body: '{"message":"hi"}' })
    await client.waitFor('late')
    expect(script.signalReason).toBeUndefined()
  })

  it('while a write is blocked, twice in a row, is noticed both times', async () => {
    const { script, ended, disconnected, url } = await scriptServer(endlessBig)
    for (const turn of [1, 2]) {
      const client = openSlowClient(url)
      await until(() => script.runs === turn, 'the source was asked')
      // Blocked: the source is not pulled any more.
      await untilStill(() => script.pulled)
      const leftAt = performance.now()
      client.leave()
      await until(() => ended.length === turn, 'the stream ended')
      expect(script.signalledAt! - leftAt).toBeLessThan(SIGNAL_WITHIN_MS)
      expect(ended[turn - 1]).toMatchObject({ reason: 'client-left' })
      await until(() => script.open === 0, 'the source was let go')
    }
    expect(disconnected.every(({ blockedMs }) => blockedMs > 0)).toBe(true)
  })

  it('gets its stream continued by default, once it could come back', async () => {
    const { script, ended, url, toon } = await scriptServer(
      () => [{ yield: { delta: 'a' } }, { delay: 50 }, { yield: { delta: 'b' } }],
      { onDisconnect: undefined },
    )
    const client = openLeavingClient(url, { after: '"a"' })
    await client.closed
    await until(() => ended.length === 1, 'the stream ended')
    expect(ended).toMatchObject([{ reason: 'complete', chunks: 2 }])
    expect(script.signalReason).toBeUndefined()
    await toon.shutdown({ drain: 0 })
  })

  it('without a way back gets its stream cancelled by default', async () => {
    const { script, url } = await scriptServer(() => [{ yield: { delta: 'a' } }, { hang: true }], {
      onDisconnect: undefined,
      resume: false,
    })
    openLeavingClient(url, { after: '"a"' })
    await until(() => script.signalReason !== undefined, 'the signal fired')
  })

  it('is paid for at most continueFor without a reader', async () => {
    const { script, ended, url } = await scriptServer(
      () => [{ yield: { delta: 'a' } }, { hang: true }],
      { onDisconnect: 'continue', continueFor: 100 },
    )
    openLeavingClient(url, { after: '"a"' })
    await until(() => ended.length === 1, 'the stream ended')
    expect(ended).toMatchObject([{ reason: 'client-left' }])
    expect(ended[0]!.elapsedMs).toBeGreaterThanOrEqual(100)
    await until(() => script.open === 0, 'the source was let go')
  })
})

/** Waits until `read()` has stayed the same over several turns of real I/O. */
async function untilStill(read: () => number): Promise<void> {
  let before = -1
  while (read() !== before) {
    before = read()
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
}
