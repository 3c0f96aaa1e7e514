import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSynapseToon } from 'synapse-toon'
import { createScriptedSource, openRawClient, openSlowClient } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from './free-port.ts'
import { makeCertificate } from './nginx-certificate.ts'
import { createTap, type Handler, startInstance, startStreams, startTwo } from './nginx-kit.ts'
import { until } from './test-server.ts'

/**
 * As nginx is where nobody configured it for streams. (With HTTP/1.1 alone, nginx 1.22 passes on each
 * chunk of a chunked answer though buffering is on.)
 */
const UNTOLD = {
  'proxy_buffering off;': 'proxy_buffering on;',
  'proxy_http_version 1.1;': 'proxy_http_version 1.0;',
}

describe('a stream behind nginx', () => {
  it.each([
    ['with deploy/nginx.conf as it is', {}],
    ['by its header where nginx was told nothing', UNTOLD],
  ])('is passed on token by token, %s', async (_, replace) => {
    const tap = createTap()
    const { url } = await startStreams(tap.source, {}, { replace })
    const client = openRawClient(url)
    for (const token of ['one', 'two', 'three', 'four']) {
      await tap.pass(token)
      await client.waitFor(`{"delta":"${token}"}`)
    }
    await tap.pass(undefined)
    await client.waitFor('event: done')
    expect(client.received).toContain('X-Accel-Buffering: no\r\n')
  })

  it('would be held back by buffering, were it not for our header', async () => {
    const open: ServerResponse[] = []
    const plain: Handler = (req, res) => {
      if (req.url !== '/stream') return res.end('short')
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.write('data: one\n\n')
      open.push(res)
    }
    const { url } = await startTwo(plain, { replace: UNTOLD })
    const client = openRawClient(`${url}/stream`)
    await until(() => open.length === 1, 'the instance has written')
    for (let n = 0; n < 10; n++) expect(await (await fetch(url)).text()).toBe('short')
    expect(client.received).toBe('')
    open[0]!.end()
    await client.waitFor('data: one')
  })

  it('is compressed by the instance or not at all, which is told what the client can', async () => {
    const replace = {
      'access_log off;': 'access_log off; gzip on; gzip_proxied any; gzip_types text/event-stream;',
    }
    const plain: Handler = (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' })
      res.end('data: plain\n\n'.repeat(100))
    }
    const { url, requests } = await startTwo(plain, { replace })
    const client = openRawClient(url, { headers: { 'Accept-Encoding': 'gzip, br' } })
    await client.waitFor('data: plain\n')
    expect(client.received).not.toContain('Content-Encoding')
    expect(requests()[0]!.headers['accept-encoding']).toBe('gzip, br')
  })

  it('is resumed on whichever instance the client comes back to', async () => {
    const script = createScriptedSource([
      ...['a', 'b', 'c'].map((delta) => ({ yield: { delta } })),
      { hang: true },
    ])
    const { url, instances } = await startStreams(script.source)
    const first = openRawClient(url)
    await first.waitFor('"c"')
    const [id] = /[0-9a-f-]{23}-0{11}1/.exec(first.received)!
    first.leave()
    const readers = Array.from({ length: 4 }, () =>
      openRawClient(url, { headers: { 'Last-Event-ID': id } }),
    )
    for (const reader of readers) {
      await reader.waitFor('"c"')
      expect(reader.received).not.toContain('{"delta":"a"}')
    }
    for (const { requests } of instances) expect(requests.length).toBeGreaterThan(1)
    expect(script.runs).toBe(1)
  })

  it('whose client leaves is left by nginx, so that the instance knows', async () => {
    const script = createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])
    const { url } = await startStreams(script.source, { onDisconnect: 'cancel' })
    const client = openRawClient(url)
    await client.waitFor('"a"')
    client.leave()
    await until(() => script.open === 0, 'the source was cancelled')
  })

  it('is held up by a client that does not read, and not stored on the way', async () => {
    let isBlocked = false
    const offered = 512 * 2 ** 20
    let pulled = 0
    const source = function* () {
      for (; pulled < offered; pulled += 32_768) yield { delta: 'x'.repeat(32_768) }
    }
    const blocked = () => {
      isBlocked = true
    }
    const { url } = await startStreams(source, { observer: { blocked } })
    const client = openSlowClient(url)
    await until(() => isBlocked, 'the instance feels it', 15_000)
    expect(pulled).toBeLessThan(offered)
    client.leave()
  })
})

describe('a line that is quiet', () => {
  const replace = { 'proxy_read_timeout 310s;': 'proxy_read_timeout 1s;' }
  const script = () => createScriptedSource([{ yield: { delta: 'a' } }, { hang: true }])

  it('lives on by its heartbeats, though nginx cuts it after a second', async () => {
    const { url } = await startStreams(script().source, { heartbeat: 300 }, { replace })
    const client = openRawClient(url)
    await client.waitFor('"a"')
    const openedAt = performance.now()
    const beats = () => client.received.split('\n:').length - 1
    await until(() => beats() >= 9, 'nine heartbeats came')
    expect(performance.now() - openedAt).toBeGreaterThan(2000)
  })

  it('is cut without them', async () => {
    const { url } = await startStreams(script().source, { heartbeat: 0 }, { replace })
    const client = openRawClient(url)
    await client.waitFor('"a"')
    await client.closed
    expect(client.received).not.toMatch(/event: (done|error)/)
  })
})

describe('a reload of nginx', () => {
  it('leaves a running stream whole, and takes a changed list of instances', async () => {
    const tap = createTap()
    const toon = createSynapseToon()
    const serve: Handler = (req, res, instance) =>
      req.url === '/stream' ? toon.pipe(tap.source, { req, res }) : res.end(`${instance}`)
    const { nginx, url } = await startTwo(serve)
    const client = openRawClient(`${url}/stream`)
    await tap.pass('before')
    await client.waitFor('"before"')

    const third = await startInstance(serve, 2)
    await nginx.reload([{ port: third.port }])
    for (let n = 0; n < 4; n++) expect(await (await fetch(url)).text()).toBe('2')

    for (const token of ['after', 'all']) {
      await tap.pass(token)
      await client.waitFor(`"${token}"`)
    }
    await nginx.reload()
    await tap.pass(undefined)
    await client.waitFor('event: done')
    expect(client.received).toContain('"chunks":3')
  })
})

describe('nginx with TLS, by the lines that are commented out', () => {
  it('streams over HTTP/2', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'synapse-tls-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { certificate, key } = makeCertificate()
    await writeFile(join(folder, 'certificate.pem'), certificate)
    await writeFile(join(folder, 'key.pem'), key)
    const port = await freePort()
    const tap = createTap()
    const replace = {
      '#listen 443 ssl http2;': `listen 127.0.0.1:${port} ssl http2;`,
      '#ssl_certificate     /etc/ssl/example.com.pem;': `ssl_certificate ${folder}/certificate.pem;`,
      '#ssl_certificate_key /etc/ssl/example.com.key;': `ssl_certificate_key ${folder}/key.pem;`,
    }
    await startStreams(tap.source, {}, { replace })
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    onTestFinished(() => session.destroy())
    const stream = session.request({ ':path': '/' }).setEncoding('utf8')
    let received = ''
    stream.on('data', (text) => {
      received += text
    })
    for (const token of ['one', 'two']) {
      await tap.pass(token)
      await until(() => received.includes(`{"delta":"${token}"}`), `${token} came`)
    }
    await tap.pass(undefined)
    await until(() => received.includes('event: done'), 'the end came')
    expect(session.alpnProtocol).toBe('h2')
  })
})
