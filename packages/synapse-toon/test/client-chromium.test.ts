import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedChromium } from './chromium.ts'
import { bundleClient } from './client-bundle.ts'
import type { ClientCase } from './client-case.ts'
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
