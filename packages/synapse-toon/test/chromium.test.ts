import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Page } from 'playwright-core'
import { createSynapseToon, type Source } from 'synapse-toon'
import { createScriptedSource, createTestStream, type ScriptStep } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { sharedChromium } from './chromium.ts'
import { seedBlock } from './seed-document.ts'
import { listen } from './test-server.ts'

const browser = sharedChromium()

interface Asked {
  readonly lastEventId: string | undefined
  /** Of the answer; 0 while it is open, or was cut. */
  status: number
}

/** A site with one page and one stream, which counts what it is asked. */
async function site(page: string, source: Source<unknown>, path: string) {
  const toon = createSynapseToon()
  const asked: Asked[] = []
  const open = new Set<ServerResponse>()
  const { url } = await listen(async (req: IncomingMessage, res: ServerResponse) => {
    if (req.url !== path) {
      // 204: a browser asks for an icon of its own accord.
      res.writeHead(req.url === '/' ? 200 : 204, { 'Content-Type': 'text/html' }).end(page)
      return
    }
    const lastEventId = req.headers['last-event-id'] as string | undefined
    const entry: Asked = { lastEventId, status: 0 }
    asked.push(entry)
    open.add(res)
    const { status } = await toon.pipe(source, { req, res })
    entry.status = status
    open.delete(res)
  })
  return {
    url,
    asked,
    /** Cuts the lines, as a lost network would. */
    cut() {
      for (const res of open) res.destroy()
    },
  }
}

function words(...steps: ScriptStep<unknown>[]) {
  return createScriptedSource(steps)
}

describe("the seed's EventSource client, in Chromium", () => {
  it('shows the whole answer, and asks no second time', async () => {
    const script = words(
      { yield: { delta: 'Hel' } },
      { delay: 20 },
      { yield: { delta: 'lo ' } },
      { yield: { delta: 'wörld 🌍' } },
    )
    const html = `<div id="response"></div><script>${await seedBlock('JavaScript')}</script>`
    const { url, asked } = await site(html, script.source, '/chat/stream')
    const page = await browser.newPage()
    const logs: string[] = []
    page.on('console', (message) => logs.push(message.text()))
    await page.goto(url)
    await page.waitForFunction('eventSource.readyState === EventSource.CLOSED')
    expect(await page.textContent('#response')).toBe('Hello wörld 🌍')
    expect(logs).toEqual(['Delta: Hel', 'Delta: lo ', 'Delta: wörld 🌍', 'Stream ended'])
    expect(script.runs).toBe(1)
    expect(asked).toHaveLength(1)
    await page.close()
  })

  it('with its error handler, keeps what came before an error and asks no second time', async () => {
    const script = words({ yield: { delta: 'half' } }, { delay: 20 }, { throw: new Error('x') })
    const html = `<div id="response"></div><script>${await seedBlock('JavaScript')}${await seedBlock('Error Handling')}</script>`
    const { url, asked } = await site(html, script.source, '/chat/stream')
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    await page.goto(url)
    await page.waitForFunction('eventSource.readyState === EventSource.CLOSED')
    expect(await page.textContent('#response')).toBe('half')
    expect(errors.filter((text) => text.startsWith('Stream error:'))).toHaveLength(1)
    expect(script.runs).toBe(1)
    expect(asked).toHaveLength(1)
    await page.close()
  })
})

/** The lines that the seed's test page has shown, each a text before a `<br>`. */
function linesOf(page: Page): Promise<string[]> {
  return page.evaluate(
    "document.getElementById('stream-test').innerHTML.trim().split('<br>').slice(0, -1)",
  )
}

describe("the seed's test page, in Chromium", () => {
  it('shows all chunks; when EventSource reconnects after the end, no second run happens', async () => {
    let runs = 0
    const source = () => {
      runs++
      return createTestStream({ intervalMs: 1 })
    }
    const { url, asked } = await site(await seedBlock('Browser Testing'), source, '/test-stream')
    const page = await browser.newPage()
    await page.goto(url)
    // The page never closes its EventSource: it comes back, is answered 204, and stops by the spec.
    await page.waitForFunction('es.readyState === EventSource.CLOSED')
    expect(asked).toMatchObject([
      { status: 200, lastEventId: undefined },
      { status: 204, lastEventId: expect.stringMatching(/-000000000065$/) },
    ])
    expect(runs).toBe(1)
    expect(await linesOf(page)).toEqual(
      Array.from({ length: 100 }, (_, n) => `Chunk ${n}: Token ${n}`),
    )
    await page.close()
  })

  it('loses nothing and shows nothing twice when the line is cut in mid-stream', async () => {
    let runs = 0
    const source = () => {
      runs++
      return createTestStream({ intervalMs: 10 })
    }
    const { url, asked, cut } = await site(
      await seedBlock('Browser Testing'),
      source,
      '/test-stream',
    )
    const page = await browser.newPage()
    await page.goto(url)
    await page.waitForFunction('count > 20')
    cut()
    await page.waitForFunction('es.readyState === EventSource.CLOSED')
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 204])
    expect(runs).toBe(1)
    expect(await linesOf(page)).toEqual(
      Array.from({ length: 100 }, (_, n) => `Chunk ${n}: Token ${n}`),
    )
    await page.close()
  })

  it('is told at once, by a status, that its stream is gone, and does not run another', async () => {
    let runs = 0
    const toon = createSynapseToon()
    const html = await seedBlock('Browser Testing')
    const { url } = await listen((req, res) => {
      if (req.url === '/') return res.setHeader('Content-Type', 'text/html').end(html)
      // A restart forgets the streams: the id that comes back is of none that is known.
      req.headers['last-event-id'] = '5f0c7a52-91d3-8e14-b0a6-000000000005'
      return toon.pipe(() => [runs++], { req, res })
    })
    const page = await browser.newPage()
    await page.goto(url)
    await page.waitForFunction('es.readyState === EventSource.CLOSED')
    expect(runs).toBe(0)
    await page.close()
  })
})
