import { execFile, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)
const START = fileURLToPath(new URL('./start.mjs', import.meta.url))

/** The environment of this process, without what would choose another source or port. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { PORT, OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, ...rest } = process.env
  return rest
}

/** `npm start -- …` without npm: the same script, on the built packages. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [START, ...args], {
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const collect = (chunk: Buffer) => {
    output += chunk
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', () => {
      const line = /^Synapse TOON gateway: (\S+)$/m.exec(output)
      if (line) resolve(line[1]!)
    })
    void exited.then(() => reject(new Error(`ended before it listened:\n${output}`)))
  })
  return { url, child, exited, output: () => output }
}

describe('npm start', () => {
  it("prints its URL; curl gets frames as they are produced, with the seed's headers; SIGTERM ends it", async () => {
    const { url, child, exited } = await start('--port', '0', '--interval-ms', '2')
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

    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  })

  it('passes options on, and says in one line what is wrong with one', async () => {
    const child = spawn(process.execPath, [START, '--port', 'seventy'], {
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stderr = ''
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const code = await new Promise((resolve) => child.on('exit', resolve))
    expect(code).not.toBe(0)
    const lines = stderr.trim().split('\n')
    expect(lines.at(-1)).toContain('--port')
    expect(lines.at(-1)).toContain('seventy')
    expect(stderr).not.toContain('    at ')
  })
})
