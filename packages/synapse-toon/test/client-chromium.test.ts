import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import type { openStream } from 'synapse-toon/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedChromium } from './chromium.ts'
import { bundleClient } from './client-bundle.ts'
import { type ClientCase, ours } from './client-case.ts'
import { eventSourceCases } from './client-cases-eventsource.ts'
import { openStreamCases } from './client-cases-open-stream.ts'
import { type ScriptServer, startScriptServer } from './client-script-server.ts'

const browser = sharedChromium()

let server: ScriptServer
let site: Server
let page: Page

beforeAll(async () => {
  server = await startScriptServer()
  const script = await bundleClient(new URL('./client-page.ts', import.meta.url))
  // Of another origin than the streams, as a page and its API often are.
  site = createServer((req, res) => {
    if (req.url === '/client.js') {
      res.setHeader('Content-Type', 'text/javascript').end(script)
    } else {
      res.setHeader('Content-Type', 'text/html')
      res.end('<!doctype html><script type="module" src="/client.js"></script>')
    }
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
})

afterAll(async () => {
  await server?.close()
  site?.close()
})

declare const runCase: (url: string, script: ClientCase) => Promise<string[]>
declare const synapse: { readonly openStream: typeof openStream }

describe.each([
  ['EventSource', eventSourceCases],
  ['openStream', openStreamCases],
])('%s, in Chromium', (_client, cases) => {
  it.each(cases)('$behaviour', async (script) => {
    const url = server.begin(script)
    const run = ([address, one]: [string, ClientCase]) => runCase(address, one)
    const log = await page.evaluate(run, [url, script] as [string, ClientCase])
    const { requests, left } = await server.asked(url)
    expect({ log, requests, left }).toEqual({
      log: script.log,
      requests: script.requests,
      left: script.left ?? [],
    })
  })
})

describe('openStream, in Chromium', () => {
  it('says which encoding to ask for where a server writes br, which scripts cannot read', async () => {
    const { headers } = ours()
    const script: ClientCase = {
      behaviour: 'br',
      client: 'openStream',
      answers: [{ headers: { ...headers, 'X-Synapse-TOON-Encoding': 'br' }, end: 'hang' }],
      requests: [],
      log: [],
    }
    const url = server.begin(script)
    const message = await page.evaluate(async (address) => {
      const { done } = synapse.openStream(address)
      return done.catch((error: Error & { code: string }) => `${error.code}: ${error.message}`)
    }, url)
    expect(message).toBe(
      "ERR_SYNAPSE_PROTOCOL: br payloads cannot be read here; ask for encoding: 'json'",
    )
    expect((await server.asked(url)).left).toEqual([0])
  })
})
