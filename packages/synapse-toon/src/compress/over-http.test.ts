import { Buffer } from 'node:buffer'
import { spawn } from 'node:child_process'
import type { ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sharedChromium } from '../../test/chromium.ts'
import { listen, until } from '../../test/test-server.ts'
import type { ContentEncoding } from './content-encoding.ts'
import { createCompressor } from './create-compressor.ts'
import type { FlushStyle } from './flush-style.ts'
import { offeredEncodings } from './offered-encodings.ts'

const browser = sharedChromium()

const EVENTS = 40

/** Of all sizes: tokens, some scripts, a tool's result, a comment between them. */
function eventOf(n: number): string {
  const words = ['the', ' answer', '漢字', ' \\"x\\"', '😀', '']
  const delta = n % 13 === 12 ? 'long result '.repeat(900) : words[n % words.length]
  const comment = n % 7 === 6 ? ': ping\n' : ''
  return `${comment}id: ${n}\nevent: update\ndata: ${JSON.stringify({ n, delta })}\n\n`
}

interface Site {
  readonly url: string
  /** Sends the next event. */
  next(): void
  end(): void
}

/** Sends an event of one stream when it is told to; each is a flush and a write of its own. */
async function site(encoding: ContentEncoding, flush: FlushStyle): Promise<Site> {
  const compressor = createCompressor(encoding, { flush })
  onTestFinished(() => compressor.close())
  let stream: ServerResponse | undefined
  let sent = 0
  const { url } = await listen((req, res) => {
    if (req.url !== '/stream') {
      res.writeHead(req.url === '/' ? 200 : 204, { 'Content-Type': 'text/html' }).end('<p>page</p>')
      return
    }
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Content-Encoding': encoding })
    res.flushHeaders()
    stream = res
  })
  const write = () => {
    const text = eventOf(sent++)
    stream!.write(compressor.compress(text, Buffer.byteLength(text)))
  }
  return {
    url,
    next() {
      if (stream !== undefined) write()
      // The request is on its way.
      else void until(() => stream !== undefined, 'the client asked').then(write)
    },
    end: () => stream!.end(compressor.finish()),
  }
}

const cases: readonly [ContentEncoding, FlushStyle][] = [
  ['gzip', 'comment'],
  ['gzip', 'marker'],
  ['deflate', 'comment'],
  ['deflate', 'marker'],
  ...offeredEncodings(['br', 'zstd']).map((encoding): [ContentEncoding, FlushStyle] => [
    encoding,
    'comment',
  ]),
]

describe.each(cases)('%s with flushes by %s', (encoding, flush) => {
  it('reaches curl --compressed event by event, and ends well', async () => {
    const { url, next, end } = await site(encoding, flush)
    const curl = spawn('curl', ['-sN', '--compressed', `${url}/stream`])
    onTestFinished(() => void curl.kill())
    let heard = ''
    curl.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard += text
    })
    let all = ''
    for (let n = 0; n < EVENTS; n++) {
      next()
      all += eventOf(n)
      // Nothing is sent after it until it is there.
      await until(() => withoutComments(heard) === withoutComments(all), `curl had event ${n}`)
    }
    end()
    const code = await new Promise((resolve) => curl.on('close', resolve))
    // curl checks the checksum and that the stream is complete.
    expect(code).toBe(0)
    expect(withoutComments(heard)).toBe(withoutComments(all))
  })

  it('reaches the EventSource of Chromium event by event', async () => {
    const { url, next, end } = await site(encoding, flush)
    const page = await browser.newPage()
    await page.goto(url)
    await page.evaluate(`
      var heard = []
      var source = new EventSource('/stream')
      source.addEventListener('update', (event) => heard.push([event.lastEventId, event.data]))
      source.onmessage = () => heard.push('an event that nobody sent')
      source.onerror = () => source.close()
    `)
    for (let n = 0; n < EVENTS; n++) {
      next()
      await page.waitForFunction(`heard.length === ${n + 1}`)
    }
    end()
    await page.waitForFunction('source.readyState === EventSource.CLOSED')
    const expected = Array.from({ length: EVENTS }, (_, n) => [
      `${n}`,
      eventOf(n).match(/^data: (.*)$/m)![1],
    ])
    expect(await page.evaluate('heard')).toEqual(expected)
    await page.close()
  })
})

/** Text of a stream as its events are: comments mean nothing, whole or not yet. */
function withoutComments(text: string): string {
  return text.replaceAll(/^:.*(\n|$)/gm, '')
}
