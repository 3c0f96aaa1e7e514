import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import * as zlib from 'node:zlib'
import { createSynapseToon, type PayloadEncoding } from 'synapse-toon'
import { type Fetch, openStream } from 'synapse-toon/client'
import { describe, expect, it } from 'vitest'
import { PAYLOAD_ENCODINGS } from '../src/wire/payload-encoding.ts'
import { startCuttingProxy } from './client-cutting-proxy.ts'
import { listen } from './test-server.ts'

const EVENTS = 200

/** The numbers that the events carry. */
const ALL = Array.from({ length: EVENTS }, (_, n) => n)

/** Readers at once. */
const PARALLEL = 16

/** Far more than is needed, in ms: this is much work, on machines that may have much else to do. */
const LIMIT_MS = 180_000

/** So long, in ms, is a cut held back: Node throws away what it has, and has not handed on. */
const BEFORE_CUT_MS = 4

/** Codings that this Node can read and write. */
const CODINGS = ['gzip', 'deflate', 'br', ...('createZstdDecompress' in zlib ? ['zstd'] : [])]

/** Bytes of a compressed body behind the last one of its last event, at most: a checksum, say. */
const MOST_BEHIND_END = 24

/** A stream that has ended, to be read from a server with addresses. */
async function finishedStream() {
  // Small, so that a response that is cut early has not been made far ahead.
  const toon = createSynapseToon({ maxBufferSize: 1024 })
  const handle = await toon.start(ALL.map((n) => ({ n })))
  await handle.done
  return { toon, handle }
}

/** Reads a whole stream over however many cuts. @returns the numbers of the events, as they came */
async function readAll(
  url: string,
  options: { fetch?: Fetch; encoding?: PayloadEncoding; headers?: Record<string, string> },
): Promise<number[]> {
  const reconnect = { initial: 0, jitter: 0, maxAttempts: 50 }
  const seen: number[] = []
  for await (const { payload } of openStream<{ n: number }>(url, { reconnect, ...options })) {
    seen.push(payload.n)
  }
  return seen
}

async function inParallel(count: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await run(next++)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}

/** A body that breaks at a place. As on a real line, what came before is read before. */
async function* upTo(body: AsyncIterable<Uint8Array>, placeOf: (bytes: Buffer) => number) {
  let left: number | undefined
  for await (const chunk of body) {
    left ??= placeOf(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))
    if (chunk.length > left) {
      if (left > 0) yield chunk.subarray(0, left)
      throw new TypeError('terminated')
    }
    left -= chunk.length
    yield chunk
  }
}

const FRAME_END = '\n\n'

describe('a stream of 200 events that is cut at every byte', () => {
  // Without sockets, so that every byte of every encoding takes seconds: each response is cut so far
  // behind its first frame, which brings one event more, and is then cut at the same place of another.
  it.each(PAYLOAD_ENCODINGS)(
    'is read with each event once: %s',
    async (encoding) => {
      const { toon, handle } = await finishedStream()
      const address = `http://test.example/streams/${handle.streamId}`
      const answer = (url: string, init?: RequestInit) =>
        toon.stream(handle, { request: new Request(url, init), streamUrl: () => url })
      const whole = await (await answer(`${address}?encoding=${encoding}`)).text()
      const longest = Math.max(...whole.split(FRAME_END).map((frame) => frame.length + 2))
      let cuts = 0
      await inParallel(longest + 1, async (offset) => {
        const fetch: Fetch = async (url, init) => {
          const response = await answer(url, init)
          if (response.body === null) return response
          const body = upTo(response.body, (bytes) => bytes.indexOf(FRAME_END) + 2 + offset)
          async function* counted() {
            try {
              yield* body
            } catch (error) {
              cuts++
              throw error
            }
          }
          return new Response(ReadableStream.from(counted()), response)
        }
        expect(await readAll(address, { fetch, encoding })).toEqual(ALL)
      })
      expect(cuts).toBeGreaterThanOrEqual(whole.length - longest)
    },
    LIMIT_MS,
  )

  // Over real lines, whose response is cut once, by the bytes that are on the line, chunk heads and all.
  it.each(
    PAYLOAD_ENCODINGS.flatMap((encoding) =>
      ['identity', 'gzip'].map((coding) => ({ encoding, coding })),
    ),
  )(
    'is read with each event once over a real line: $encoding, $coding',
    async ({ encoding, coding }) => {
      const { toon, handle } = await finishedStream()
      const cutOnce = new Set<string>()
      const { server } = await listen((req, res) =>
        toon.pipe(handle, { req, res, streamUrl: () => req.url! }),
      )
      const proxy = await startCuttingProxy((server.address() as AddressInfo).port, (head) => {
        const place = /[?]cut=(\d+)/.exec(head)?.[1]
        if (place === undefined || cutOnce.has(place)) return undefined
        cutOnce.add(place)
        return Number(place)
      })
      const headers = { 'Accept-Encoding': coding }
      const address = `${proxy.url}/streams/${handle.streamId}`
      const { bytes, contentEncoding } = await proxy.measure(address, {
        ...headers,
        'X-Synapse-TOON-Encoding': encoding,
      })
      expect(contentEncoding).toBe(coding === 'identity' ? undefined : coding)
      const places = Array.from({ length: bytes }, (_, n) => n).filter((n) => n % 53 === 7)
      await inParallel(places.length, async (index) => {
        const url = `${address}?cut=${places[index]}`
        expect(await readAll(url, { encoding, headers })).toEqual(ALL)
      })
      expect(proxy.cuts).toBe(places.length)
    },
    LIMIT_MS,
  )

  // Every byte of a compressed body, whose decoder is the one of `fetch`: a real server's body, sent up
  // to the place, and then the line is closed in the middle of it. What is left comes from the server.
  it.each(CODINGS)(
    'is read with each event once, compressed: %s',
    async (coding) => {
      const { toon, handle } = await finishedStream()
      let whole = Buffer.alloc(0)
      let head: IncomingMessage['headers'] = {}
      const cutOnce = new Set<string>()
      const { url } = await listen(async (req, res) => {
        const place = /[?]cut=(\d+)/.exec(req.url!)?.[1]
        if (place === undefined || cutOnce.has(place)) {
          return toon.pipe(handle, { req, res, streamUrl: () => req.url! })
        }
        cutOnce.add(place)
        const { date, connection, ...fields } = head
        res.writeHead(200, { ...fields, 'Content-Location': req.url! })
        res.flushHeaders()
        await new Promise((resolve) => res.write(whole.subarray(0, Number(place)), resolve))
        // Node throws away what it has, and has not handed on.
        return setTimeout(() => res.destroy(), BEFORE_CUT_MS)
      })
      const address = `${url}/streams/${handle.streamId}`
      const [response] = (await once(
        get(address, { headers: { 'Accept-Encoding': coding }, agent: false }),
        'response',
      )) as [IncomingMessage]
      whole = await buffer(response)
      head = response.headers
      expect(head['content-encoding']).toBe(coding)
      let resumed = 0
      await inParallel(whole.length + 1, async (place) => {
        let calls = 0
        const stream = openStream<{ n: number }>(`${address}?cut=${place}`, {
          reconnect: { initial: 0, jitter: 0 },
          // The rest as it is: to compress it thousands of times would be most of the work.
          headers: () => ({ 'Accept-Encoding': calls++ === 0 ? coding : 'identity' }),
        })
        const seen: number[] = []
        for await (const { payload } of stream) seen.push(payload.n)
        expect(seen.join()).toBe(ALL.join())
        resumed += stream.stats.resumes
      })
      console.info(`${coding}: cut at ${cutOnce.size} places`)
      expect(cutOnce.size).toBe(whole.length + 1)
      // All but those behind the end, which had come.
      expect(resumed).toBeGreaterThan(whole.length - MOST_BEHIND_END)
    },
    LIMIT_MS,
  )
})
