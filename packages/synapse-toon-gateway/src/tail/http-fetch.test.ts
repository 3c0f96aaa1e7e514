import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, createGzip, gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHttpFetch } from './http-fetch.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function serve(answer: Answer) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function counting() {
  const seen = { wire: 0, bytes: 0 }
  const fetch = createHttpFetch({
    onWireBytes(count) {
      seen.wire += count
    },
    onBytes(bytes) {
      seen.bytes += bytes.length
      return undefined
    },
  })
  return { seen, fetch }
}

const get = (headers: Record<string, string> = {}) => ({
  method: 'GET',
  headers: new Headers(headers),
})
const TEXT = 'data: {"delta":"naïve 線 🙂"}\n\n'.repeat(200)

describe('fetch over node:http', () => {
  it('gives status, headers, address and body', async () => {
    const url = await serve((_, response) => {
      response.setHeader('Set-Cookie', ['a=1', 'b=2'])
      response.writeHead(418, { 'X-A': 'b' }).end(TEXT)
    })
    const response = await counting().fetch(`${url}/a?b=c`, get())
    expect(response.status).toBe(418)
    expect(response.headers.get('x-a')).toBe('b')
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    expect(response.url).toBe(`${url}/a?b=c`)
    expect(await response.text()).toBe(TEXT)
  })

  it('sends method, headers and body', async () => {
    const seen: unknown[] = []
    const url = await serve(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      seen.push([request.method, request.headers['x-a'], request.headers['content-length'], body])
      response.end()
    })
    const init = { method: 'POST', headers: new Headers({ 'X-A': 'b' }), body: '{"a":"é"}' }
    await counting().fetch(url, init)
    expect(seen).toEqual([['POST', 'b', '10', '{"a":"é"}']])
  })

  it.each([
    ['gzip', gzipSync(TEXT), 'gzip'],
    ['x-gzip in capitals', gzipSync(TEXT), 'X-GZIP'],
    ['br', brotliCompressSync(TEXT), 'br'],
    ['one in the other', brotliCompressSync(gzipSync(TEXT)), 'gzip, br'],
    ['none by name', Buffer.from(TEXT), 'identity'],
  ])('takes the compression off, and counts the bytes of both: %s', async (_, body, coding) => {
    const url = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip, br')
      response.writeHead(200, { 'Content-Encoding': coding }).end(body)
    })
    const { fetch, seen } = counting()
    expect(await (await fetch(url, get())).text()).toBe(TEXT)
    expect(seen).toEqual({ wire: body.length, bytes: Buffer.byteLength(TEXT) })
  })

  it('gives each event of a compressed stream when it comes, and what came of one that is cut', async () => {
    let more = () => {}
    let line: ServerResponse | undefined
    const url = await serve((_, response) => {
      const gzip = createGzip()
      response.writeHead(200, { 'Content-Encoding': 'gzip' })
      gzip.pipe(response)
      line = response
      more = () => {
        gzip.write('data: 1\n\n')
        gzip.flush()
      }
      more()
    })
    const reader = (await counting().fetch(url, get())).body!.getReader()
    const next = async () => Buffer.from((await reader.read()).value!).toString()
    expect(await next()).toBe('data: 1\n\n')
    more()
    expect(await next()).toBe('data: 1\n\n')
    line!.destroy()
    await expect(reader.read()).rejects.toThrow()
  })

  it('ends in order where a compressed body stops without the end of its coding', async () => {
    const url = await serve((_, response) => {
      const gzip = createGzip()
      response.writeHead(200, { 'Content-Encoding': 'gzip' })
      gzip.on('data', (chunk) => response.write(chunk))
      gzip.write('data: 1\n\n')
      gzip.flush(() => setImmediate(() => response.end()))
    })
    expect(await (await counting().fetch(url, get())).text()).toBe('data: 1\n\n')
  })

  it('leaves a wanted Accept-Encoding as it is', async () => {
    const url = await serve((request, response) => response.end(request.headers['accept-encoding']))
    const response = await counting().fetch(url, get({ 'Accept-Encoding': 'identity' }))
    expect(await response.text()).toBe('identity')
  })

  it('refuses a coding that nobody asked for, and frees the line', async () => {
    let closed = () => {}
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve
    })
    const url = await serve((_, response) => {
      response.on('close', closed)
      response.writeHead(200, { 'Content-Encoding': 'zstd' }).write('x')
    })
    await expect(counting().fetch(url, get())).rejects.toThrow('zstd')
    await isClosed
  })

  it('throws to its reader when the compression is broken', async () => {
    const url = await serve((_, response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('no gzip'),
    )
    const response = await counting().fetch(url, get())
    await expect(response.text()).rejects.toThrow()
  })

  it('reads no faster than its reader, and not while onBytes is busy', async () => {
    let written = 0
    const chunk = Buffer.alloc(65_536)
    const url = await serve((_, response) => {
      const fill = () => {
        while (!response.destroyed && response.write(chunk)) written++
      }
      response.on('drain', fill)
      fill()
    })
    let free = () => {}
    const fetch = createHttpFetch({
      onWireBytes() {},
      onBytes: () =>
        new Promise<void>((resolve) => {
          free = resolve
        }),
    })
    const response = await fetch(url, get())
    const reader = response.body!.getReader()
    let isRead = false
    const first = reader.read().finally(() => {
      isRead = true
    })
    // What the sockets hold is filled up; then the server writes no more, however often it has a turn.
    for (let quiet = 0, before = -1; quiet < 500; quiet++) {
      if (written !== before) quiet = 0
      before = written
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(written * chunk.length).toBeLessThan(32 * 2 ** 20)
    expect(isRead).toBe(false)
    free()
    expect((await first).value!.length).toBeGreaterThan(0)
    await reader.cancel()
  })

  it.each([204, 304])('gives a %d without a body', async (status) => {
    const url = await serve((_, response) => response.writeHead(status).end())
    const response = await counting().fetch(url, get())
    expect(response.status).toBe(status)
    expect(response.body).toBeNull()
  })

  it('rejects when nobody listens, with words that say so', async () => {
    await expect(counting().fetch('http://127.0.0.1:1/', get())).rejects.toThrow('ECONNREFUSED')
  })

  it('speaks TLS to https', async () => {
    const url = await serve((_, response) => response.end())
    await expect(counting().fetch(url.replace('http:', 'https:'), get())).rejects.toThrow(
      /SSL|TLS|EPROTO|wrong version/i,
    )
  })

  it.each([
    ['before the response', false],
    ['in the body', true],
  ])('stops when its signal fires: %s', async (_, hasHead) => {
    let asked = () => {}
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve
    })
    let left = () => {}
    const isLeft = new Promise<void>((resolve) => {
      left = resolve
    })
    const url = await serve((_, response) => {
      response.on('close', left)
      if (hasHead) response.write('x')
      asked()
    })
    const controller = new AbortController()
    const answer = counting().fetch(url, { ...get(), signal: controller.signal })
    await isAsked
    if (hasHead) {
      const reader = (await answer).body!.getReader()
      await reader.read()
      const next = reader.read()
      controller.abort()
      await expect(next).rejects.toThrow()
    } else {
      controller.abort()
      await expect(answer).rejects.toThrow()
    }
    await isLeft
  })
})

describe('a redirect', () => {
  /** A server that sends on from `/from`, and tells what it was asked. */
  async function redirecting(status: number, to: string) {
    const asked: string[] = []
    const url = await serve(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const { authorization = '-', 'content-type': type = '-' } = request.headers
      asked.push(`${request.method} ${request.url} ${authorization} ${type} ${body}`)
      if (request.url === '/from') response.writeHead(status, { Location: to })
      response.end('there')
    })
    return { url, asked }
  }
  const post = () => ({
    method: 'POST',
    headers: new Headers({ Authorization: 'key', 'Content-Type': 'application/json' }),
    body: '{}',
  })

  it.each([
    [301, 'POST', 'GET /to key - '],
    [302, 'POST', 'GET /to key - '],
    [303, 'POST', 'GET /to key - '],
    [303, 'PUT', 'GET /to key - '],
    [307, 'POST', 'POST /to key application/json {}'],
    [308, 'POST', 'POST /to key application/json {}'],
    [301, 'PUT', 'PUT /to key application/json {}'],
  ])('by %d of a %s is followed as fetch does', async (status, method, second) => {
    const { url, asked } = await redirecting(status, '/to')
    const response = await counting().fetch(`${url}/from`, { ...post(), method })
    expect(await response.text()).toBe('there')
    expect(response.url).toBe(`${url}/to`)
    expect(asked[1]).toBe(second)
  })

  it('to another origin takes no key along', async () => {
    const other = await redirecting(200, '')
    const { url } = await redirecting(307, `${other.url}/to`)
    await counting().fetch(`${url}/from`, post())
    expect(other.asked).toEqual(['POST /to - application/json {}'])
  })

  it('to itself is followed twenty times and no more', async () => {
    const { url, asked } = await redirecting(302, '/from')
    await expect(counting().fetch(`${url}/from`, get())).rejects.toThrow('more than 20 redirects')
    expect(asked).toHaveLength(21)
  })

  it.each([
    ['file:///etc/passwd', 'a redirect to file:'],
    ['http://', 'a redirect to no address'],
  ])('to %s is refused', async (to, words) => {
    const { url } = await redirecting(302, to)
    await expect(counting().fetch(`${url}/from`, get())).rejects.toThrow(words)
  })

  it('without a Location is a response as any', async () => {
    const url = await serve((_, response) => response.writeHead(302).end('x'))
    expect((await counting().fetch(url, get())).status).toBe(302)
  })
})
