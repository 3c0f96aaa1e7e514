import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'
import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PAYLOAD_ENCODINGS } from '../src/wire/payload-encoding.ts'
import {
  ALL,
  BEFORE_CUT_MS,
  finishedStream,
  inParallel,
  LIMIT_MS,
  readAll,
} from './client-cuts-kit.ts'
import { listen } from './test-server.ts'

/** Codings that this Node can read and write. */
const CODINGS = ['gzip', 'deflate', 'br', ...('createZstdDecompress' in zlib ? ['zstd'] : [])]

/** Bytes of a compressed body behind the last one of its last event, at most: a checksum, say. */
const MOST_BEHIND_END = 24

describe('a compressed stream of 200 events that is cut at every byte', () => {
  // Every byte of a compressed body, whose decoder is the one of `fetch`: a real server's body, sent up
  // to the place, and then the line is closed in the middle of it. What is left comes from the server.
  it.each(CODINGS.flatMap((coding) => PAYLOAD_ENCODINGS.map((encoding) => ({ coding, encoding }))))(
    'is read with each event once: $encoding, $coding',
    async ({ encoding, coding }) => {
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
        get(`${address}?encoding=${encoding}`, {
          headers: { 'Accept-Encoding': coding },
          agent: false,
        }),
        'response',
      )) as [IncomingMessage]
      whole = await buffer(response)
      head = response.headers
      expect(head['content-encoding']).toBe(coding)
      let resumed = 0
      await inParallel(whole.length + 1, async (place) => {
        let calls = 0
        const { seen, resumes } = await readAll(`${address}?cut=${place}`, {
          encoding,
          // The rest as it is: to compress it thousands of times would be most of the work.
          headers: () => ({ 'Accept-Encoding': calls++ === 0 ? coding : 'identity' }),
        })
        expect(seen.join()).toBe(ALL.join())
        resumed += resumes
      })
      console.info(`${encoding}, ${coding}: cut at ${cutOnce.size} places`)
      expect(cutOnce.size).toBe(whole.length + 1)
      // All but those behind the end, which had come.
      expect(resumed).toBeGreaterThan(whole.length - MOST_BEHIND_END)
    },
    LIMIT_MS,
  )
})
