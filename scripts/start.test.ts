import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startNode } from '../packages/synapse-toon/test/child-process-kit.ts'

const run = promisify(execFile)
const START = fileURLToPath(new URL('./start.mjs', import.meta.url))

/** The first of these tests builds the packages where they are stale. */
const BUILD_MS = 120_000

/** Taken out of the environment: they would choose another source, port or place for records. */
const env = {
  REDIS_URL: undefined,
  SYNAPSE_LOG: undefined,
  SYNAPSE_DATA_DIR: undefined,
  PORT: undefined,
  OPENAI_API_KEY: undefined,
  OPENAI_BASE_URL: undefined,
  OPENAI_MODEL: undefined,
}

/** `npm start -- …` without npm: the same script, on the built packages, in a home of its own. */
function start(...args: string[]) {
  const home = mkdtempSync(join(tmpdir(), 'synapse-start-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return startNode([START, ...args], { env: { ...env, XDG_STATE_HOME: home } })
}

describe('npm start', () => {
  it(
    "prints its URL; curl gets frames as they are produced, with the seed's headers; SIGTERM ends it",
    async () => {
      const child = start('--port', '0', '--interval-ms', '2')
      const [, url] = await child.line(/^Synapse TOON gateway: (\S+)$/)
      const ask = `${url}/chat/stream?message=how+do+I+resume`
      const { stdout } = await run('curl', ['-sS', '-N', '-i', ask])
      const [head, ...body] = stdout.split('\r\n\r\n')
      expect(head!.split('\r\n')).toEqual(
        expect.arrayContaining([
          'HTTP/1.1 200 OK',
          'Content-Type: text/event-stream',
          'Cache-Control: no-cache, no-transform',
          'X-Accel-Buffering: no',
          'X-Synapse-TOON-Format: streaming',
          'Connection: keep-alive',
        ]),
      )
      const frames = body.join('').trim().split('\n\n')
      expect(frames.length).toBeGreaterThan(20)
      expect(frames[0]).toMatch(/^id: \S{36}\nevent: update\ndata: \{"delta":".*"\}$/)
      expect(frames.at(-1)).toMatch(/\nevent: done\ndata: \{"reason":"complete"/)

      // The first frame is there long before the last: the answer takes its words' pauses.
      const reader = (await fetch(ask)).body!.getReader()
      const first = new TextDecoder().decode((await reader.read()).value)
      expect(first).toContain('event: update')
      expect(first).not.toContain('event: done')
      await reader.cancel()

      expect(await child.kill('SIGTERM')).toMatchObject({ code: 0 })
    },
    BUILD_MS,
  )

  it('passes options on, and says in one line what is wrong with one', async () => {
    const child = start('--port', 'seventy')
    const { code } = await child.exited
    expect(code).not.toBe(0)
    const { stderr } = child
    const lines = stderr.trim().split('\n')
    expect(lines.at(-1)).toContain('--port')
    expect(lines.at(-1)).toContain('seventy')
    expect(stderr).not.toContain('    at ')
  })
})
