import { fileURLToPath } from 'node:url'
import { openStream, StreamFailedError } from 'synapse-toon/client'
import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startNode } from '../../synapse-toon/test/child-process-kit.ts'
import { sharedChromium } from '../../synapse-toon/test/chromium.ts'
import { freePort } from '../../synapse-toon/test/free-port.ts'
import { asEvent, chunk, startUpstream, tempFolder } from '../src/test-kit.ts'

/** Built: only a process of its own can be killed. */
const CLI = fileURLToPath(new URL('../dist/cli.mjs', import.meta.url))

/** `synapse-toon serve` in a process of its own. */
async function serve(env: Record<string, string>, args: readonly string[], port = 0) {
  const child = startNode([CLI, 'serve', '--port', `${port}`, ...args], {
    env: { PORT: undefined, OPENAI_API_KEY: undefined, ...env },
  })
  const [, url] = await child.line(/^Synapse TOON gateway: (\S+)$/)
  return { url, child }
}

const browser = sharedChromium()

/** What a page's native EventSource has received, as `window.heard`. */
const LISTEN = `(address) => {
  window.heard = []
  const events = new EventSource(address)
  for (const name of ['update', 'done', 'error', 'gap']) {
    events.addEventListener(name, (event) => {
      if (event.data !== undefined) window.heard.push(name + ' ' + event.data)
      else if (events.readyState === EventSource.CLOSED) window.heard.push('closed')
    })
  }
}`

describe('a gateway that is killed in the middle of an answer', () => {
  it('has, started again, all that was produced, ended with producer-lost, and asks nobody anew', {
    timeout: 60_000,
  }, async () => {
    const upstream = await startUpstream((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      for (const text of ['a', 'b', 'c']) response.write(asEvent(chunk(text)))
    })
    const env = { OPENAI_BASE_URL: upstream.baseUrl, OPENAI_MODEL: 'test-model' }
    const args = ['--data-dir', tempFolder()]
    const start = () => serve(env, args)

    const before = await start()
    const client = openRawClient(`${before.url}/chat/stream?message=hi`)
    await client.waitFor('{"delta":"c"}')
    const [firstId] = /[0-9a-f-]{23}-0{11}1/.exec(client.received)!
    const address = `/streams/${firstId.slice(0, 23)}`
    // Readers do not wait for the disk, but who asks later does, and is stored after it.
    await openRawClient(`${before.url}/chat/stream?message=later`).waitFor('{"delta":"a"}')
    await before.child.kill('SIGKILL')

    const { url } = await start()
    const rest = await collect(fetch(url + address, { headers: { 'Last-Event-ID': firstId } }))
    expect(rest.status).toBe(200)
    expect(rest.text).toBe('bc')
    expect(rest.end?.data).toMatchObject({ code: 'producer-lost', retryable: true })
    expect((await collect(fetch(url + address))).text).toBe('abc')
    expect(upstream.requests).toHaveLength(2)
  })

  it('tells a native EventSource and our client the rest and that the producer is lost, and asks nobody anew', {
    timeout: 60_000,
  }, async () => {
    const texts = ['a', 'b', 'c', 'd', 'e']
    const upstream = await startUpstream((response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      for (const text of texts) response.write(asEvent(chunk(text)))
    })
    const env = { OPENAI_BASE_URL: upstream.baseUrl, OPENAI_MODEL: 'test-model' }
    const args = ['--data-dir', tempFolder()]
    const port = await freePort()
    const before = await serve(env, args, port)

    const page = await browser.newPage()
    onTestFinished(() => page.close())
    await page.goto(`${before.url}/healthz`)
    await page.evaluate(`(${LISTEN})('/chat/stream?message=native')`)
    const seen: string[] = []
    const ours = openStream<{ delta: string }>(`${before.url}/chat/stream`, {
      method: 'POST',
      body: { message: 'ours' },
      reconnect: { initial: 100, max: 1000, maxAttempts: 100 },
    })
    const reading = (async () => {
      for await (const { payload } of ours) seen.push(payload.delta)
    })().catch((error: unknown) => error)
    await page.waitForFunction(`window.heard.length === ${texts.length}`)
    await vi.waitUntil(() => seen.length === texts.length, { timeout: 20_000 })
    await before.child.kill('SIGKILL')

    await serve(env, args, port)
    // The browser comes back after 3 s, and once more for the 204.
    await page.waitForFunction("window.heard.at(-1) === 'closed'", undefined, { timeout: 30_000 })
    const heard = (await page.evaluate('window.heard')) as string[]
    expect(heard.slice(0, -2)).toEqual(texts.map((delta) => `update ${JSON.stringify({ delta })}`))
    expect(heard.at(-2)).toContain('"code":"producer-lost"')

    const error = await reading
    expect(error).toBeInstanceOf(StreamFailedError)
    expect(error).toMatchObject({ reason: 'producer-lost' })
    expect(seen).toEqual(texts)
    expect(upstream.requests).toHaveLength(2)
  })
})
