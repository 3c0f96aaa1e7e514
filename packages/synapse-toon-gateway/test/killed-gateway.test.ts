import { fileURLToPath } from 'node:url'
import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { startNode } from '../../synapse-toon/test/child-process-kit.ts'
import { asEvent, chunk, startUpstream, tempFolder } from '../src/test-kit.ts'

/** Built: only a process of its own can be killed. */
const CLI = fileURLToPath(new URL('../dist/cli.mjs', import.meta.url))

/** `synapse-toon serve` in a process of its own. */
async function serve(env: Record<string, string>, args: readonly string[]) {
  const child = startNode([CLI, 'serve', '--port', '0', ...args], {
    env: { PORT: undefined, OPENAI_API_KEY: undefined, ...env },
  })
  const [, url] = await child.line(/^Synapse TOON gateway: (\S+)$/)
  return { url, child }
}

describe('a gateway that is killed in the middle of an answer', () => {
  it('has, started again, all that was produced, ended with producer-lost, and asks nobody anew', async () => {
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
})
