import type { AddressInfo } from 'node:net'
import type { Fetch } from 'synapse-toon/client'
import { describe, expect, it } from 'vitest'
import { PAYLOAD_ENCODINGS } from '../src/wire/payload-encoding.ts'
import { ALL, finishedStream, inParallel, LIMIT_MS, readAll } from './client-cuts-kit.ts'
import { startCuttingProxy } from './client-cutting-proxy.ts'
import { listen } from './test-server.ts'

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
        const { seen } = await readAll(address, { fetch, encoding })
        expect(seen).toEqual(ALL)
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
        const { seen } = await readAll(url, { encoding, headers })
        expect(seen).toEqual(ALL)
      })
      expect(proxy.cuts).toBe(places.length)
    },
    LIMIT_MS,
  )
})
