import { Buffer } from 'node:buffer'
import { pbkdf2 } from 'node:crypto'
import * as zlib from 'node:zlib'
import { createSynapseToon } from 'synapse-toon'
import { openRawClient, type RawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import type { ContentEncoding } from '../src/compress/content-encoding.ts'
import { codecOf } from '../src/compress/create-compressor.ts'
import { offeredEncodings } from '../src/compress/offered-encodings.ts'
import { listen, until } from './test-server.ts'
import { unchunk } from './unchunk.ts'

const EVENTS = 20
/** Threads of Node's pool, unless `UV_THREADPOOL_SIZE` says otherwise. */
const THREADS = Number(process.env.UV_THREADPOOL_SIZE ?? 4)
/** Of one piece of work in the pool: a second and more. */
const ITERATIONS = 1_500_000

/** What has come so far, decoded without the pool. */
function decoded(bytes: Buffer, encoding: ContentEncoding): Buffer {
  const options = { finishFlush: zlib.constants.Z_SYNC_FLUSH }
  if (encoding === 'gzip') return zlib.gunzipSync(bytes, options)
  if (encoding === 'deflate') return zlib.inflateSync(bytes, options)
  return codecOf(encoding)!.decode(bytes)
}

function textOf({ received }: RawClient, encoding: ContentEncoding): string {
  expect(received).toMatch(new RegExp(`^content-encoding: ${encoding}\\r$`, 'im'))
  return decoded(Buffer.from(unchunk(received), 'latin1'), encoding).toString()
}

/** Gives every thread of the pool work, and one piece more that waits for a free one. */
function blockPool(): { readonly done: number; readonly over: Promise<unknown> } {
  let done = 0
  const work = Array.from(
    { length: THREADS + 1 },
    () =>
      new Promise<void>((resolve, reject) => {
        pbkdf2('password', 'salt', ITERATIONS, 64, 'sha512', (error) => {
          done++
          if (error) reject(error)
          else resolve()
        })
      }),
  )
  return {
    get done() {
      return done
    },
    over: Promise.all(work),
  }
}

describe.each(offeredEncodings())('%s, while every thread of the pool is busy', (encoding) => {
  it('brings each event before the next one is made', async () => {
    const toon = createSynapseToon({ compressWhenBusy: true })
    let client: RawClient | undefined
    let seen = 0
    const hasCome = (n: number) =>
      client?.received.includes('\r\n\r\n') === true &&
      textOf(client, encoding).includes(`"n":${n},`)
    async function* source() {
      for (let n = 0; n < EVENTS; n++) {
        yield { n, delta: ' some text' }
        await until(() => hasCome(n), `event ${n} came`)
        seen++
      }
    }
    const { url } = await listen((req, res) => toon.pipe(source, { req, res }))
    const pool = blockPool()
    client = openRawClient(url, { headers: { 'Accept-Encoding': encoding } })
    await until(() => seen === EVENTS, 'all events came')
    // Else nothing was shown.
    expect(pool.done).toBe(0)
    client.leave()
    await pool.over
  }, 60_000)
})
