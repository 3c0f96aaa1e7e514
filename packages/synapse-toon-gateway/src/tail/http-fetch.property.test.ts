import { brotliCompressSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createHttpFetch } from './http-fetch.ts'
import { serveHttp } from './tail-kit.ts'

const CODINGS = { gzip: gzipSync, br: brotliCompressSync, identity: (bytes: Uint8Array) => bytes }

it('any body comes whole, in any codings and pieces, and its bytes are counted', async () => {
  let answer: { body: Uint8Array; codings: string[]; pieces: number } = {
    body: new Uint8Array(),
    codings: [],
    pieces: 1,
  }
  const url = await serveHttp(async (_, response) => {
    const { body, codings, pieces } = answer
    if (codings.length > 0) response.setHeader('Content-Encoding', codings.join(', '))
    response.writeHead(200)
    const size = Math.max(1, Math.ceil(body.length / pieces))
    for (let at = 0; at < body.length; at += size) {
      response.write(body.subarray(at, at + size))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 5000 }),
      fc.array(fc.constantFrom(...(Object.keys(CODINGS) as (keyof typeof CODINGS)[])), {
        maxLength: 3,
      }),
      fc.integer({ min: 1, max: 5 }),
      async (bytes, codings, pieces) => {
        const body = codings.reduce<Uint8Array>((inner, coding) => CODINGS[coding](inner), bytes)
        answer = { body, codings, pieces }
        let wire = 0
        const taken: Uint8Array[] = []
        const fetch = createHttpFetch({
          onWireBytes(count) {
            wire += count
          },
          onBytes: (chunk) => void taken.push(chunk.slice()),
        })
        const response = await fetch(url, { method: 'GET', headers: new Headers() })
        const whole = new Uint8Array(await response.arrayBuffer())
        expect(Buffer.compare(whole, bytes)).toBe(0)
        expect(Buffer.compare(Buffer.concat(taken), bytes)).toBe(0)
        expect(wire).toBe(body.length)
      },
    ),
    { numRuns: 100 },
  )
})
