import type { ServerResponse } from 'node:http'
import { createGzip } from 'node:zlib'
import {
  ConnectError,
  ContentTypeError,
  HttpStatusError,
  openStream,
  ProtocolError,
  type StreamStatus,
} from 'synapse-toon/client'
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

  it('a page with status 200 is no stream, and its text is kept', async () => {
    const page = '<!doctype html><title>Log in</title>'
    const { url } = await listen((_req, res) =>
      res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(page),
    )
    const error = await failureOf(openStream(url))
    expect(error).toBeInstanceOf(ContentTypeError)
    expect(error).toMatchObject({
      body: page,
      contentType: 'text/html; charset=utf-8',
      retryable: false,
      message: 'Content-Type must be text/event-stream, got "text/html; charset=utf-8"',
    })
  })

  it('a page without end, with status 200, is read no further than it is kept', async () => {
    let open: ServerResponse | undefined
    const { url } = await listen((_req, res) => {
      open = res.writeHead(200, { 'Content-Type': 'text/html' })
      const write = () => void (res.destroyed || res.write('x'.repeat(65_536), write))
      write()
    })
    const error = await failureOf(openStream(url))
    expect(error).toBeInstanceOf(ContentTypeError)
    expect((error as { body: string }).body).toHaveLength(65_536)
    await until(() => open!.destroyed, 'the line was closed')
  })

  it('a line without end is bounded by maxEventBytes', async () => {
    let open: ServerResponse | undefined
    const { url } = await listen((_req, res) => {
      open = res.writeHead(200, EVENT_STREAM)
      res.write('data: "a"\n\n')
      const write = () => void (res.destroyed || res.write('x'.repeat(65_536), write))
      write()
    })
    const stream = openStream(url, { maxEventBytes: MIB })
    const error = await failureOf(stream)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({
      message: `an event is larger than maxEventBytes, ${MIB}`,
      text: 'a',
    })
    expect(stream.stats.bytes).toBeLessThan(2 * MIB)
    await until(() => open!.destroyed, 'the line was closed')
  })

  it.each([
    ['json', 'data: {"delta":"a"}\n\ndata: {"delta":\n\ndata: {"delta":"b"}\n\n', '{"delta":'],
    ['base64', 'data: eyJkZWx0YSI6ImEifQ==\n\ndata: *no base64*\n\n', '*no base64*'],
  ])(
    'one event that is not %s is a clear error, and the line is closed',
    async (encoding, body, data) => {
      let open: ServerResponse | undefined
      const { url } = await listen((_req, res) => {
        open = res.writeHead(200, { ...EVENT_STREAM, 'X-Synapse-TOON-Encoding': encoding })
        res.write(body)
      })
      const error = await failureOf(openStream(url))
      expect(error).toMatchObject({ code: 'ERR_SYNAPSE_PAYLOAD', text: 'a', data })
      expect((error as Error).message).toContain(`data is not ${encoding}`)
      await until(() => open!.destroyed, 'the line was closed')
    },
  )

  it('retry: 999999999999 is five minutes, and a reader that leaves is let go at once', async () => {
    const { url } = await listen((_req, res) =>
      res.writeHead(200, EVENT_STREAM).end('retry: 999999999999\n\n'),
    )
    const waits: number[] = []
    const onStatus = (status: StreamStatus) => {
      if (status.type === 'waiting') waits.push(status.delay)
    }
    const stream = openStream(url, { onStatus })
    await until(() => waits.length > 0, 'it waits')
    expect(waits).toEqual([300_000])
    stream.close()
    expect((await stream.done).reason).toBe('left')
  })

  it.each(['999999999999', '1e308', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'Retry-After: %s is not waited for',
    async (value) => {
      let asked = 0
      const { url } = await listen((_req, res) => {
        asked++
        res.writeHead(503, { 'Retry-After': value }).end('{"error":{"message":"busy"}}')
      })
      const error = await failureOf(openStream(url))
      expect(error).toBeInstanceOf(HttpStatusError)
      expect(error).toMatchObject({ status: 503, message: 'status 503: busy', retryable: true })
      expect((error as HttpStatusError).retryAfter).toBeGreaterThan(300_000)
      expect(asked).toBe(1)
    },
  )

  it.each(['-5', 'NaN', 'soon', '1e999', 'Thu, 01 Jan 1970 00:00:00 GMT', '9'.repeat(8000)])(
    'Retry-After: %s harms nobody',
    async (value) => {
      let asked = 0
      const { url } = await listen((_req, res) => {
        asked++
        res.writeHead(429, { 'Retry-After': value }).end()
      })
      const reconnect = { initial: 1, max: 2, maxAttempts: 2 }
      const error = await failureOf(openStream(url, { reconnect }))
      expect(error).toMatchObject({ code: 'ERR_SYNAPSE_HTTP_STATUS', status: 429 })
      // Where it is a number, it is one without end.
      expect(asked).toBe(Number(value) > 0 ? 1 : 3)
    },
  )

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
