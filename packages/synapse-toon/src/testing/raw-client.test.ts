import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { listen } from '../../test/test-server.ts'
import { openLeavingClient, openRawClient, openSlowClient } from './raw-client.ts'

/** The next time that `emitter` emits `event`. */
const once = (emitter: NodeJS.EventEmitter, event: string) =>
  new Promise<void>((resolve) => void emitter.once(event, () => resolve()))

async function readBody(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of req.setEncoding('utf8')) text += chunk
  return text
}

describe('openRawClient', () => {
  it('sends a request and keeps what comes, head and chunks as they are', async () => {
    const { url } = await listen((_req, res) => {
      res.writeHead(201, { 'X-Test': 'yes' })
      // Node 26 makes one chunk of what is written in one turn.
      res.write('one', () => res.end('two'))
    })
    const client = openRawClient(url)
    expect(client.status).toBe(0)
    await client.waitFor('0\r\n\r\n')
    expect(client.status).toBe(201)
    expect(client.received).toContain('X-Test: yes\r\n')
    expect(client.received).toContain('\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n')
    expect(client.bytes).toBe(client.received.length)
    client.leave()
    await client.closed
  })

  it('sends method, path, query, headers and a body with its length in bytes', async () => {
    const { url } = await listen(async (req, res) => {
      const { method, headers } = req
      const { host, 'content-length': length, 'x-test': test } = headers
      res.end(
        JSON.stringify({ method, url: req.url, host, length, test, body: await readBody(req) }),
      )
    })
    const client = openRawClient(`${url}/chat?a=1`, {
      method: 'POST',
      headers: { 'X-Test': 'yes' },
      body: '{"é":1}',
    })
    await client.sent
    await client.waitFor('}')
    const head = `"method":"POST","url":"/chat?a=1","host":"${new URL(url).host}"`
    expect(client.received).toContain(head)
    expect(client.received).toContain('"length":"8","test":"yes"')
    client.leave()
  })

  it('waits for a text, be it there already, cut in two, or one letter', async () => {
    let response: ServerResponse | undefined
    const { url } = await listen((_req, res) => {
      response = res
      res.write('first hal')
    })
    const client = openRawClient(url)
    await client.waitFor('hal')
    const whole = client.waitFor('hal\r\n1\r\nf')
    response!.write('f')
    await whole
    await client.waitFor('first')
    const letter = client.waitFor('!')
    response!.write('?')
    response!.write('!')
    await letter
    client.leave()
  })

  it('rejects the wait when the line is closed before', async () => {
    const { url } = await listen((_req, res) => res.destroy())
    const client = openRawClient(url)
    await expect(client.waitFor('never')).rejects.toThrow('line closed before "never" came')
    await expect(client.waitFor('never')).rejects.toThrow('line closed')
    await client.closed
  })

  it('is closed, and not a failure, when nobody listens', async () => {
    const { url, server } = await listen(() => {})
    await new Promise<void>((resolve) => void server.close(() => resolve()))
    const client = openRawClient(url)
    await client.closed
    expect(client.status).toBe(0)
  })

  it.each(['reset', 'close'] as const)('leaves by %s, and the server sees it', async (how) => {
    let gone: Promise<void> | undefined
    const { url } = await listen((_req, res) => {
      gone = once(res, 'close')
      res.write('hello')
    })
    const client = openRawClient(url)
    await client.waitFor('hello')
    client.leave(how)
    await client.closed
    await gone
  })
})

describe('openSlowClient', () => {
  it('takes nothing until it is told to', async () => {
    const { url } = await listen((_req, res) => void res.end('hello'))
    const client = openSlowClient(url)
    await client.sent
    // The server has answered once another client has its answer after it.
    const other = openRawClient(url)
    await other.waitFor('hello')
    expect(client.received).toBe('')
    client.resume()
    await client.waitFor('hello')
    client.pause()
    client.leave()
    other.leave()
  })
})

describe('openLeavingClient', () => {
  it('leaves once it has read a text', async () => {
    let gone: Promise<void> | undefined
    const { url } = await listen((_req, res) => {
      gone = once(res, 'close')
      res.write('one')
      res.write('two')
    })
    const client = openLeavingClient(url, { after: 'two' })
    await client.closed
    await gone
    expect(client.received).toContain('one')
  })

  it('leaves as soon as its request is sent where no text is named', async () => {
    const { url } = await listen(() => {})
    const client = openLeavingClient(url)
    await client.closed
    expect(client.received).toBe('')
  })

  it('is gone all the same when the server closes before', async () => {
    const { url } = await listen((_req, res) => res.destroy())
    await openLeavingClient(url, { after: 'never' }).closed
  })
})
