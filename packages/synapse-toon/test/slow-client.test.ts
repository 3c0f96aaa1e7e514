import { createSynapseToon } from 'synapse-toon'
import { createEventStreamParser, type ParsedEvent } from 'synapse-toon/client'
import { collect, openRawClient, openSlowClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import type { ConnectionSummary } from '../src/stream/observer.ts'
import { listen, until } from './test-server.ts'
import { unchunk } from './unchunk.ts'

const MIB = 1024 * 1024
const OFFERED = 512 * MIB
const CHUNK_BYTES = 32 * 1024
const MAX_BUFFER = 64 * 1024

/**
 * Most that the kernel takes for a client that does not read: its own and the client's socket
 * buffers, as `net.ipv4.tcp_wmem` and `tcp_rmem` allow them to grow on loopback.
 */
const KERNEL_BYTES = 12 * MIB

describe('a client that connects and never reads while the source offers 512 MiB', () => {
  it('costs at most maxBufferSize, is closed after stall, and can resume', async () => {
    let pulled = 0
    let unsentWhenBlocked = 0
    const disconnected: ConnectionSummary[] = []
    async function* source() {
      const text = 'x'.repeat(CHUNK_BYTES - 100)
      for (let n = 1; pulled < OFFERED; n++) {
        pulled += CHUNK_BYTES
        yield { n, text }
      }
    }
    const toon = createSynapseToon({
      deadlines: { stall: 1000 },
      continueFor: 10_000,
      maxBufferSize: MAX_BUFFER,
      observer: {
        blocked: ({ unsentBytes }) => {
          unsentWhenBlocked = Math.max(unsentWhenBlocked, unsentBytes)
        },
        disconnected: (summary) => disconnected.push(summary),
      },
    })
    const { url } = await listen((req, res) => toon.pipe(() => source(), { req, res }))
    globalThis.gc?.()
    const heapBefore = process.memoryUsage()

    const client = openSlowClient(url)
    await until(() => unsentWhenBlocked > 0, 'the connection was blocked', 10_000)
    await until(() => disconnected.length === 1, 'the connection was closed', 10_000)

    expect(disconnected).toMatchObject([{ reason: 'stalled-client' }])
    expect(unsentWhenBlocked).toBeLessThanOrEqual(MAX_BUFFER)
    // What was handed to the network is what the kernel took and at most maxBufferSize of ours.
    expect(disconnected[0]!.bytes).toBeLessThan(KERNEL_BYTES + MAX_BUFFER)

    // Nobody reads: the source runs ahead only as far as the log keeps it for the way back (8 MiB).
    await until(() => pulled > disconnected[0]!.bytes + 4 * MIB, 'the log filled up')
    const after = process.memoryUsage()
    const grown = after.heapUsed + after.external - heapBefore.heapUsed - heapBefore.external
    console.info(
      `offered ${OFFERED / MIB} MiB: pulled ${(pulled / MIB).toFixed(1)}, written ${(disconnected[0]!.bytes / MIB).toFixed(1)}, unsent of ours at most ${unsentWhenBlocked} bytes, heap and buffers grown ${(grown / MIB).toFixed(1)} MiB`,
    )
    expect(pulled).toBeLessThan(disconnected[0]!.bytes + 8 * MIB + 2 * MAX_BUFFER)

    // The way back: from the last event that the client has, nothing is lost.
    client.resume()
    await client.closed
    const lastId = client.received
      .match(/^id: \S{36}$/gm)!
      .at(-1)!
      .slice(4)
    const lastSeq = Number.parseInt(lastId.slice(24), 16)
    const back = openRawClient(url, { headers: { 'Last-Event-ID': lastId } })
    await back.waitFor(`"n":${lastSeq + 20},`)
    expect(back.received).toContain(`"n":${lastSeq + 1},`)
    expect(back.received).not.toContain('event: gap')
    back.leave()
    await toon.shutdown({ drain: 0 })
  })
})

describe('a client that stops reading for a while', () => {
  it('makes the source wait and loses nothing', async () => {
    const total = 2000
    let pulled = 0
    async function* source() {
      for (; pulled < total; pulled++) yield { n: pulled, text: 'y'.repeat(8000) }
    }
    const toon = createSynapseToon()
    const { url } = await listen((req, res) => toon.pipe(() => source(), { req, res }))
    const client = openSlowClient(url)
    let before = -1
    while (pulled !== before) {
      before = pulled
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    expect(pulled).toBeLessThan(total)
    client.resume()
    await client.waitFor('event: done')
    const seen = [...client.received.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))
    expect(seen).toEqual(Array.from({ length: total }, (_, n) => n))
    client.leave()
  })

  it.each([
    ['may resume', true],
    ['may not resume', false],
  ])(
    'and %s gets text that waited merged into fewer events under "merge", and the source does not wait',
    async (_, resume) => {
      // More frames than the kernel takes, less JSON than the log keeps (8 MiB).
      const total = 50_000
      const delta = (n: number) => `${n} `.padEnd(120, '.')
      async function* source() {
        for (let n = 0; n < total; n++) yield { delta: delta(n) }
      }
      let blocked = 0
      const reasons: string[] = []
      const toon = createSynapseToon({
        slowClient: 'merge',
        resume,
        observer: { blocked: () => blocked++, ended: ({ reason }) => reasons.push(reason) },
      })
      const { url } = await listen((req, res) => toon.pipe(() => source(), { req, res }))
      const client = openSlowClient(url)
      await until(() => reasons.length > 0, 'the source was read to its end')
      expect(reasons).toEqual(['complete'])
      expect(blocked).toBeGreaterThan(0)
      client.resume()
      await client.waitFor('event: done')
      client.leave()
      const events = parse(unchunk(client.received))
      const updates = events.filter(({ event }) => event === 'update')
      const text = updates.map(({ data }) => JSON.parse(data).delta).join('')
      expect(text).toBe(Array.from({ length: total }, (_, n) => delta(n)).join(''))
      expect(updates.length).toBeLessThan(total)
      // The id of the last event is the position of the last record, merged or not.
      expect(Number.parseInt(events.at(-1)!.lastEventId.slice(24), 16)).toBe(total + 1)
    },
  )

  it('is cut off under "disconnect", and may resume', async () => {
    const summaries: ConnectionSummary[] = []
    async function* source() {
      for (let n = 0; n < 600; n++) yield { n, text: 'z'.repeat(10_000) }
    }
    const toon = createSynapseToon({
      slowClient: 'disconnect',
      observer: { disconnected: (summary) => summaries.push(summary) },
    })
    const { url } = await listen((req, res) => toon.pipe(() => source(), { req, res }))
    openSlowClient(url)
    await until(() => summaries.length === 1, 'the client was cut off')
    expect(summaries).toMatchObject([{ reason: 'overflow' }])
  })

  it('is not cut off under "disconnect" for a replay that is long, as long as it takes it', async () => {
    const toon = createSynapseToon({ slowClient: 'disconnect' })
    const total = 300
    const handle = await toon.start(
      Array.from({ length: total }, (_, n) => ({ n, text: 'z'.repeat(10_000) })),
    )
    await handle.done
    const { url } = await listen((req, res) => toon.pipe(handle, { req, res }))
    const { payloads, end } = await collect(fetch(url))
    expect(payloads).toHaveLength(total)
    expect(end?.event).toBe('done')
  })
})

function parse(text: string): ParsedEvent[] {
  const events: ParsedEvent[] = []
  const parser = createEventStreamParser({ onEvent: (event) => events.push(event) })
  parser.feed(Buffer.from(text, 'latin1'))
  return events
}
