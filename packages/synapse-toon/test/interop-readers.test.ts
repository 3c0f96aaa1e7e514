import { setImmediate as nextTurn } from 'node:timers/promises'
import { fetchEventSource } from '@microsoft/fetch-event-source'
import { EventSource, type FetchLike } from 'eventsource'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { createSynapseToon } from 'synapse-toon'
import { EventSource as UndiciEventSource } from 'undici'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startProxy } from './fault-proxy-kit.ts'
import { listen } from './test-server.ts'

// The readers that people have, each of its own package, on a stream of ours, with line ends and
// characters of two, three and four bytes in it.
const WORDS = Array.from({ length: 60 }, (_, n) => `wörd ${n} – 🌍\n`)

/** Bytes from the server after which the first line is cut: behind the head, in the first events. */
const CUT_AFTER = 2500

/** So soon, in ms, each reader is told to come back, where it can be told. */
const RETRY_MS = 5

interface Seen {
  readonly word: string
  readonly position: number
}

/** A server of ours behind a network that cuts the first connection, and what it was asked. */
async function serveCut(cut: 'fin' | 'rst') {
  const asked = { sources: 0, requests: 0 }
  // Compressed, a cut would fall far behind what it cuts: `client-cuts.test.ts` is about those.
  const toon = createSynapseToon({ compression: false })
  const { url } = await listen((req, res) => {
    asked.requests++
    return toon.pipe(
      async function* words() {
        asked.sources++
        for (const delta of WORDS) {
          await nextTurn()
          yield { delta }
        }
      },
      { req, res },
    )
  })
  const proxy = await startProxy({
    target: { port: Number(new URL(url).port) },
    plan: (_random, number) => (number === 1 ? [{ cut, after: CUT_AFTER, of: 'down' }] : []),
  })
  return { url: proxy.url, proxy, asked }
}

function seenIn(data: string, id: string): Seen {
  const { delta } = JSON.parse(data) as { delta: string }
  return { word: delta, position: Number.parseInt(id.slice(-12), 16) }
}

const ALL: readonly Seen[] = WORDS.map((word, n) => ({ word, position: n + 1 }))

/** What holds for each that can resume: all events once, in order, of a source that was asked once. */
function expectWhole(
  seen: readonly Seen[],
  { proxy, asked }: Awaited<ReturnType<typeof serveCut>>,
) {
  expect(seen).toEqual(ALL)
  expect(proxy.faults.cut).toBe(1)
  expect(asked).toEqual({ sources: 1, requests: 2 })
}

/** What an EventSource of either package sees until `done`. */
async function readAll(
  source: Pick<EventSource | UndiciEventSource, 'close'> & {
    addEventListener(name: string, listener: (event: MessageEvent) => void): void
  },
): Promise<Seen[]> {
  onTestFinished(() => source.close())
  const seen: Seen[] = []
  await new Promise<void>((resolve) => {
    source.addEventListener('update', ({ data, lastEventId }) => {
      seen.push(seenIn(data, lastEventId))
    })
    source.addEventListener('done', () => {
      source.close()
      resolve()
    })
  })
  return seen
}

/** `fetch` with a `retry` line before the answer: this package has no option for its 3 s. */
const fetchWithRetry: FetchLike = async (url, init) => {
  const { status, headers, body } = await fetch(url, init as RequestInit)
  const lines = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from(`retry: ${RETRY_MS}\n`)),
  })
  return new Response(body?.pipeThrough(lines) ?? null, { status, headers })
}

describe.each(['fin', 'rst'] as const)('over a line that is cut once by a %s', (cut) => {
  it('the package eventsource reads every event once, in order, and asks the source once', async () => {
    const served = await serveCut(cut)
    const source = new EventSource(served.url, { fetch: fetchWithRetry })
    expectWhole(await readAll(source), served)
  })

  it("undici's EventSource reads every event once, in order, and asks the source once", async () => {
    const served = await serveCut(cut)
    const source = new UndiciEventSource(served.url, { node: { reconnectionTime: RETRY_MS } })
    expectWhole(await readAll(source), served)
  })

  it('fetch-event-source reads every event once, in order, and asks the source once', async () => {
    // It is for browsers: its timers are the window's, and when it is done it no longer listens to
    // the document, even where `openWhenHidden` kept it from listening.
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', { removeEventListener: () => {} })
    onTestFinished(() => void vi.unstubAllGlobals())
    const served = await serveCut(cut)
    const seen: Seen[] = []
    const names: string[] = []
    await fetchEventSource(served.url, {
      openWhenHidden: true,
      fetch,
      onmessage({ event, data, id }) {
        names.push(event)
        if (event === 'update') seen.push(seenIn(data, id))
      },
      onerror: () => RETRY_MS,
    })
    expectWhole(seen, served)
    expect(names.at(-1)).toBe('done')
  })
})

describe('in one go', () => {
  it('eventsource-parser reads every event, in order, compressed by us and taken apart by fetch', async () => {
    const toon = createSynapseToon()
    const { url } = await listen((req, res) =>
      toon.pipe(
        WORDS.map((delta) => ({ delta })),
        { req, res },
      ),
    )
    const events: EventSourceMessage[] = []
    const problems: unknown[] = []
    const parser = createParser({
      onEvent: (event) => events.push(event),
      onError: (problem) => problems.push(problem),
    })
    const { body, headers } = await fetch(url)
    const decoder = new TextDecoder()
    for await (const chunk of body!) parser.feed(decoder.decode(chunk, { stream: true }))
    expect(headers.get('Content-Encoding')).not.toBeNull()
    expect(problems).toEqual([])
    expect(events.map(({ event }) => event)).toEqual([...WORDS.map(() => 'update'), 'done'])
    expect(events.slice(0, -1).map(({ data, id }) => seenIn(data, id!))).toEqual(ALL)
  })
})
