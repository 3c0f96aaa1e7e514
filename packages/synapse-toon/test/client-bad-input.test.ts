import type { ServerResponse } from 'node:http'
import { createGzip } from 'node:zlib'
import { ConnectError, openStream, ProtocolError } from 'synapse-toon/client'
import { describe, expect, it } from 'vitest'
import { listen, until } from './test-server.ts'

const MIB = 1024 * 1024

const EVENT_STREAM = { 'Content-Type': 'text/event-stream' }

/** Writes the same bytes, compressed, as long as they are taken. */
function bomb(res: ServerResponse, bytes: Buffer): { readonly produced: number } {
  const state = { produced: 0 }
  const gzip = createGzip()
  gzip.pipe(res.writeHead(200, { ...EVENT_STREAM, 'Content-Encoding': 'gzip' }))
  const write = () => {
    if (res.destroyed) return
    state.produced += bytes.length
    gzip.write(bytes, () => setImmediate(write))
  }
  gzip.write('data: "a"\n\n')
  write()
  return state
}

async function failureOf(stream: ReturnType<typeof openStream>): Promise<unknown> {
  return stream.done.then(
    () => undefined,
    (error: unknown) => error,
  )
}

describe('what a hostile server sends', () => {
  it('a redirect loop is a clear error', async () => {
    const { url } = await listen((_req, res) => res.writeHead(302, { Location: '/' }).end())
    const error = await failureOf(openStream(url, { reconnect: { maxAttempts: 0 } }))
    expect(error).toBeInstanceOf(ConnectError)
    expect((error as Error).message).toBe('no response: redirect count exceeded')
  })

  it.each([
    ['an endless line', Buffer.alloc(MIB, 'x')],
    ['endless data lines', Buffer.from('data: x\n'.repeat(MIB / 8))],
    ['an endless comment', Buffer.concat([Buffer.from(':'), Buffer.alloc(MIB, 'x')])],
  ])('a decompression bomb is cut off: %s', async (_what, bytes) => {
    let open: ServerResponse | undefined
    const { url } = await listen((_req, res) => {
      open = res
      bomb(res, bytes)
    })
    const stream = openStream(url, { maxEventBytes: 4 * MIB })
    const error = await failureOf(stream)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(stream.stats.bytes).toBeLessThan(6 * MIB)
    await until(() => open!.destroyed, 'the line was closed')
  })

  it('comments without end are no content', async () => {
    const { url } = await listen(
      (_req, res) => void bomb(res, Buffer.from(': ping\n'.repeat(1000))),
    )
    const stream = openStream(url, { timeouts: { contentIdle: 200 } })
    expect(await failureOf(stream)).toMatchObject({ kind: 'content', text: 'a' })
  })

  it('events without end wait until they are taken', async () => {
    const event = `data: ${JSON.stringify('x'.repeat(1000))}\n\n`
    const { url } = await listen((_req, res) => void bomb(res, Buffer.from(event.repeat(1000))))
    const stream = openStream(url)
    await until(() => stream.stats.events > 10, 'some have come')
    let before = -1
    while (stream.stats.bytes !== before) {
      before = stream.stats.bytes
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(stream.stats.bytes).toBeLessThan(MIB)
    stream.close()
  })

  it('UTF-8 that is broken becomes replacement characters, and JSON says if it minds', async () => {
    const { url } = await listen((_req, res) => {
      res.writeHead(200, EVENT_STREAM)
      res.end(Buffer.from('data: {"delta":"a\xff"}\n\ndata: {"delta":\xff}\n\n', 'latin1'))
    })
    const stream = openStream<{ delta: string }>(url, { terminal: '[DONE]' })
    expect(await failureOf(stream)).toMatchObject({ code: 'ERR_SYNAPSE_PAYLOAD', text: 'a\ufffd' })
  })
})
