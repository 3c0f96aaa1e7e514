import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { startNode } from './child-process-kit.ts'

/** The built package: a process of its own cannot run TypeScript on every Node we support. */
const LIBRARY = new URL('../dist/index.js', import.meta.url).href
const TESTING = new URL('../dist/testing.js', import.meta.url).href

/**
 * Runs a program that streams, lets its client leave and closes its server: it must then end by
 * itself, since whatever a stream still held (a timer, a socket, a listener) would keep it running.
 */
async function runProgram(body: string): Promise<{ code: number | null; output: string }> {
  const program = `
    import { createServer } from 'node:http'
    import { createSynapseToon } from ${JSON.stringify(LIBRARY)}
    import { openRawClient, openSlowClient } from ${JSON.stringify(TESTING)}
    const hang = (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const toon = createSynapseToon({ onDisconnect: 'cancel' })
    const serve = (source) => new Promise((resolve) => {
      const server = createServer(async (req, res) => {
        const { reason } = await toon.pipe(source, { req, res })
        console.log(reason)
        server.close()
      }).listen(0, '127.0.0.1', () => resolve('http://127.0.0.1:' + server.address().port))
    })
    ${body}
  `
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const child = startNode(['--input-type=module', '-e', program], { cwd })
  const { code } = await child.exited
  return { code, output: (child.stdout + child.stderr).trim() }
}

describe('after its client has left, nothing of a stream keeps the process alive', () => {
  it.each([
    [
      'in mid-stream',
      `const url = await serve(async function* ({ signal }) { yield { delta: 'a' }; await hang(signal) })
       const client = openRawClient(url)
       await client.waitFor('"a"')
       client.leave()`,
    ],
    [
      'before the first token',
      `let asked
       const isAsked = new Promise((resolve) => { asked = resolve })
       const url = await serve(async function* ({ signal }) { asked(); await hang(signal) })
       const client = openRawClient(url)
       await isAsked
       client.leave()`,
    ],
    [
      'while a write was blocked',
      `const url = await serve(async function* () { while (true) yield 'x'.repeat(100_000) })
       const client = openSlowClient(url)
       setTimeout(() => client.leave(), 300)`,
    ],
  ])('%s', async (_, body) => {
    expect(await runProgram(body)).toEqual({ code: 0, output: 'client-left' })
  })

  it('nor does one that was served, though its records are kept for minutes', async () => {
    const body = `const url = await serve([{ delta: 'a' }])
      const client = openRawClient(url)
      await client.waitFor('event: done')
      client.leave()`
    expect(await runProgram(body)).toEqual({ code: 0, output: 'complete' })
  })
})
