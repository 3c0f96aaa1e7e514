import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { serveHttp } from './tail-kit.ts'
import { createWire } from './wire.ts'

const quiet = { onBytes: () => undefined, onAsked() {} }
const get = (method = 'GET') => ({ method, headers: new Headers() })

/** A server that sends these headers, and whose body never ends. */
function serveHeaders(headers: Record<string, string>) {
  return serveHttp((_, response) => {
    response.writeHead(200, headers)
    response.write('x')
  })
}

describe('the address of a stream', () => {
  const stream = { 'X-Synapse-TOON-Stream': 'id' }

  it('is what one of our own names, made whole', async () => {
    const url = await serveHeaders({ ...stream, 'Content-Location': '/streams/1?a=b' })
    const wire = createWire(quiet)
    expect(wire.address).toBeUndefined()
    const response = await wire.fetch(`${url}/chat`, get())
    expect(wire.address).toBe(`${url}/streams/1?a=b`)
    await response.body!.cancel()
  })

  it.each([
    ['of a stream that is not ours', { 'Content-Location': '/streams/1' }],
    ['of one that names none', stream],
    [
      'of another origin, which our headers are not for',
      { ...stream, 'Content-Location': 'http://other/' },
    ],
    ['that is none', { ...stream, 'Content-Location': 'http://' }],
  ])('is not known: %s', async (_, headers) => {
    const url = await serveHeaders(headers as Record<string, string>)
    const wire = createWire(quiet)
    await (await wire.fetch(url, get())).body!.cancel()
    expect(wire.address).toBeUndefined()
  })

  it('stays when a later response does not name it', async () => {
    const named = await serveHeaders({ ...stream, 'Content-Location': '/streams/1' })
    const unnamed = await serveHeaders({})
    const wire = createWire(quiet)
    await (await wire.fetch(named, get())).body!.cancel()
    await (await wire.fetch(unnamed, get())).body!.cancel()
    expect(wire.address).toBe(`${named}/streams/1`)
  })
})

describe('a wire', () => {
  it('counts what was on the network over all lines, and hands on what it meant', async () => {
    const body = gzipSync('data: 1\n\n'.repeat(100))
    const url = await serveHttp((_, response) =>
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(body),
    )
    let bytes = 0
    const onBytes = ({ length }: Uint8Array) => void (bytes += length)
    const wire = createWire({ ...quiet, onBytes })
    for (let n = 0; n < 2; n++) await (await wire.fetch(url, get())).text()
    expect(wire.wireBytes).toBe(2 * body.length)
    expect(bytes).toBe(2 * 900)
  })

  it('cuts the line that is open, and not the request that stops an answer', async () => {
    const url = await serveHeaders({})
    let asked = 0
    const wire = createWire({ ...quiet, onAsked: () => asked++ })
    const line = (await wire.fetch(url, get())).body!.getReader()
    await line.read()
    const stop = (await wire.fetch(url, get('DELETE'))).body!.getReader()
    await stop.read()
    const [next, other] = [line.read(), stop.read()]
    wire.cut()
    await expect(next).rejects.toThrow()
    await stop.cancel()
    expect(await other).toMatchObject({ done: true })
    expect(asked).toBe(1)
  })
})
