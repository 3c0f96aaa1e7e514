import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createSynapseToon } from 'synapse-toon'
import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sharedChromium } from './chromium.ts'
import { listen } from './test-server.ts'

const ROOT = new URL('../../../', import.meta.url)

/** The code blocks of a language in one of our documents, as a reader would copy them. */
async function blocksOf(file: string, language: string): Promise<string[]> {
  const text = await readFile(new URL(file, ROOT), 'utf8')
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
    ([, code]) => code!,
  )
}

describe('the README', () => {
  it('has a ten-line server that streams what the OpenAI SDK yields', async () => {
    const [server] = await blocksOf('README.md', 'ts')
    const program = `
      const question = { model: 'm', messages: [] }
      const openai = { chat: { completions: { async create(body, { signal }) {
        if (!body.stream || !(signal instanceof AbortSignal)) throw new Error('not as the SDK is called')
        return (async function* () {
          for (const content of ['Hel', 'lo']) yield { choices: [{ delta: { content } }] }
          yield { choices: [] }
        })()
      } } } }
      ${server!.replace('.listen(8080)', '.listen(0, "127.0.0.1", function () { console.log(this.address().port) })')}`
    // From this folder, so that `synapse-toon` is the built package, as for a user.
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill())
    const port = await new Promise<string>((resolve) =>
      child.stdout.once('data', (text) => resolve(`${text}`.trim())),
    )
    const { text, end } = await collect(fetch(`http://127.0.0.1:${port}/`))
    expect(text).toBe('Hello')
    expect(end?.event).toBe('done')
  })
})

describe('the README, in Chromium', () => {
  const browser = sharedChromium()

  it('has a client that shows the answer and then stops', async () => {
    const [client] = await blocksOf('README.md', 'js')
    const toon = createSynapseToon()
    let asked = 0
    const { url } = await listen((req, res) => {
      if (req.url !== '/chat/stream') {
        res.writeHead(req.url === '/' ? 200 : 204, { 'Content-Type': 'text/html' })
        return res.end(
          `<script>let shown = ''; const show = (text) => { shown += text }\n${client}</script>`,
        )
      }
      asked++
      return toon.pipe(() => [{ delta: 'Hel' }, { delta: 'lo' }], { req, res })
    })
    const page = await browser.newPage()
    await page.goto(url)
    await page.waitForFunction('source.readyState === EventSource.CLOSED')
    expect(await page.evaluate('shown')).toBe('Hello')
    expect(asked).toBe(1)
    await page.close()
  })
})

describe('docs/protocol.md', () => {
  it('prints the response headers as they are sent', async () => {
    const [printed] = (await blocksOf('docs/protocol.md', '')).filter((block) =>
      block.startsWith('HTTP/1.1'),
    )
    const toon = createSynapseToon({ streamUrl: (id) => `/streams/${id}` })
    const { url } = await listen((req, res) => toon.pipe([1], { req, res }))
    const client = openRawClient(url)
    await client.waitFor('event: done')
    client.leave()
    const anyId = (text: string) => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}/g, '<id>')
    const head = anyId(client.received.slice(0, client.received.indexOf('\r\n\r\n'))).split('\r\n')
    const expected = anyId(printed!.trim()).split('\n')
    // Node adds `Date` and `Transfer-Encoding` of its own.
    expect(head.slice(0, expected.length)).toEqual(expected)
  })

  it('prints a frame as it is sent', async () => {
    const [frame] = (await blocksOf('docs/protocol.md', '')).filter((block) =>
      block.startsWith('id: '),
    )
    const { events } = await collect(createSynapseToon().stream([{ delta: 'Hel' }]))
    expect(frame).toContain(`event: ${events[0]!.event}\ndata: ${events[0]!.data}\n\n`)
  })
})
