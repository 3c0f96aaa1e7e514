import type { ServerResponse } from 'node:http'
import { collect, createScriptedSource, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { startStreams, startTwo } from './nginx-kit.ts'
import { startNginx } from './nginx-server.ts'
import { refusalOf } from './test-server.ts'

describe('an instance that is gone', () => {
  it('is not missed: new requests go to the other one, POSTs too', async () => {
    const { url, instances } = await startStreams(() => [{ delta: 'a' }])
    const ask = async (method: string) => {
      const { status, text } = await collect(fetch(url, { method, body: null }))
      expect({ status, text }).toEqual({ status: 200, text: 'a' })
    }
    for (let n = 0; n < 4; n++) await ask('GET')
    for (const { requests } of instances) expect(requests).toHaveLength(2)
    await instances[0]!.stop()
    for (let n = 0; n < 6; n++) await ask(n % 2 ? 'GET' : 'POST')
    expect(instances[0]!.requests).toHaveLength(2)
    expect(instances[1]!.requests).toHaveLength(8)
  })

  it('ends the streams that it served, and nothing is added to them', async () => {
    const script = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])
    const { url, instances } = await startStreams(script.source)
    const client = openRawClient(url)
    await client.waitFor('"a"')
    await Promise.all(instances.map((instance) => instance.stop()))
    await client.closed
    // No last chunk: a client can tell that the answer is not whole.
    expect(client.received.endsWith('0\r\n\r\n')).toBe(false)
  })
})

describe('an instance that refuses with 503', () => {
  const refuse = (res: ServerResponse) => {
    res.writeHead(503, { 'Retry-After': '7', 'Content-Type': 'application/json' })
    res.end('{"error":"draining"}')
  }

  it('is passed over for a GET; a POST is answered with its words and sent to nobody else', async () => {
    const { url, instances, requests } = await startTwo((_req, res, instance) => {
      if (instance === 0) refuse(res)
      else res.end('served')
    })
    for (let n = 0; n < 6; n++) {
      const response = await fetch(url)
      expect(await response.text()).toBe('served')
    }
    expect(instances[0]!.requests.length).toBeGreaterThan(0)
    expect(instances[1]!.requests).toHaveLength(6)

    const before = requests().length
    const statuses: number[] = []
    for (let n = 0; n < 6; n++) {
      const response = await fetch(url, { method: 'POST', body: '{"message":"hi"}' })
      statuses.push(response.status)
      if (response.status === 200) expect(await response.text()).toBe('served')
      else {
        expect(response.headers.get('retry-after')).toBe('7')
        expect(await refusalOf(response)).toEqual({ error: 'draining' })
      }
    }
    expect(requests().length - before).toBe(6)
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
  })

  it('is heard where all refuse, and asked again at once: nobody is taken for dead', async () => {
    let isFull = true
    const { url } = await startTwo((_req, res) => (isFull ? refuse(res) : res.end('served')))
    for (let n = 0; n < 6; n++) {
      const response = await fetch(url)
      expect(response.status).toBe(503)
      expect(await refusalOf(response)).toEqual({ error: 'draining' })
    }
    isFull = false
    for (let n = 0; n < 6; n++) expect(await (await fetch(url)).text()).toBe('served')
  })
})

describe('an instance that breaks off before it answers', () => {
  it('is not asked for the same POST again, and neither is the other; a GET is', async () => {
    const { url, instances, requests } = await startTwo(async (req, res, instance) => {
      for await (const _ of req);
      if (instance === 0) req.socket.destroy()
      else res.end('served')
    })
    for (let n = 0; n < 4; n++) expect(await (await fetch(url)).text()).toBe('served')
    const [broken, whole] = instances.map((instance) => instance.requests.length)
    expect(broken).toBeGreaterThan(0)
    expect(whole).toBe(4)
    const before = requests().length
    const statuses: number[] = []
    for (let n = 0; n < 4; n++) {
      statuses.push((await fetch(url, { method: 'POST', body: 'hi' })).status)
    }
    expect(requests().length - before).toBe(4)
    expect(new Set(statuses)).toEqual(new Set([200, 502]))
  })
})

describe('an instance that thinks about a GET for longer than it may be passed on', () => {
  it('is waited for in vain, and the other is not asked for a second answer', async () => {
    const replace = {
      'proxy_read_timeout 310s;': 'proxy_read_timeout 600ms;',
      'proxy_next_upstream_timeout 10s;': 'proxy_next_upstream_timeout 300ms;',
    }
    const { url, requests } = await startTwo(() => {}, { replace })
    expect((await fetch(url)).status).toBe(504)
    expect(requests()).toHaveLength(1)
  })
})

describe('a request through nginx', () => {
  it('comes with what the client said, and the address that it asked from', async () => {
    const { url, requests } = await startTwo((_req, res) => res.end())
    const asked = {
      'Last-Event-ID': '5f0c7a52-91d3-8e14-b0a6-00000000002a',
      'Idempotency-Key': 'once',
      'X-Synapse-TOON-Encoding': 'toon',
      'X-Forwarded-For': '9.9.9.9',
    }
    await fetch(url, { headers: asked })
    const { headers, httpVersion } = requests()[0]!
    expect(httpVersion).toBe('1.1')
    expect(headers).toMatchObject({
      host: new URL(url).host,
      'last-event-id': asked['Last-Event-ID'],
      'idempotency-key': 'once',
      'x-synapse-toon-encoding': 'toon',
      'x-forwarded-for': '9.9.9.9, 127.0.0.1',
      'x-forwarded-proto': 'http',
    })
    expect(headers.connection).toBeUndefined()
  })

  it('may be long, in the address and in the body', async () => {
    const sizes: number[] = []
    const { url } = await startTwo(async (req, res) => {
      let size = 0
      for await (const chunk of req) size += chunk.length
      sizes.push(size)
      res.end(`${req.url!.length}`)
    })
    const message = encodeURIComponent('é'.repeat(16_384))
    const response = await fetch(`${url}/?message=${message}`)
    expect(await response.text()).toBe(`${'/?message='.length + message.length}`)
    await fetch(url, { method: 'POST', body: 'x'.repeat(8 * 2 ** 20) })
    expect(sizes).toEqual([0, 8 * 2 ** 20])
  })

  it('goes over lines to the instances that are kept', async () => {
    const { url, requests } = await startTwo((_req, res) => res.end('x'), { workers: 1 })
    for (let n = 0; n < 10; n++) await (await fetch(url)).text()
    expect(new Set(requests().map(({ socket }) => socket)).size).toBe(2)
  })
})

describe('nginx of a test', () => {
  it('does not start with a change that deploy/nginx.conf does not know', async () => {
    const start = (replace: Record<string, string>) =>
      startNginx({ targets: [{ port: 1 }], replace })
    await expect(start({ 'proxy_nothing;': '' })).rejects.toThrow('has "proxy_nothing;" not')
    await expect(start({ proxy_set_header: '' })).rejects.toThrow('more than once')
  })

  it('ends with its workers', async () => {
    const { nginx } = await startTwo((_req, res) => res.end('x'))
    const pids = [...nginx.log.matchAll(/start worker process (\d+)/g)].map(([, pid]) =>
      Number(pid),
    )
    expect(pids).toHaveLength(2)
    expect(await nginx.stop()).toEqual({ code: 0, signal: null })
    for (const pid of [nginx.pid, ...pids]) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
