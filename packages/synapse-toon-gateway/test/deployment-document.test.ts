import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
// Tests of both packages start the same real programs.
import { startRedis } from '../../synapse-toon/test/redis-server.ts'
import { main } from '../src/cli.ts'
import { openRedisRecords } from '../src/records/redis-records.ts'
import { scriptedAnswers, startGateway, words } from '../src/test-kit.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

/** What the command line says of itself. */
async function help(): Promise<string> {
  let text = ''
  const out = { write: (piece: string) => void (text += piece) }
  const signals = { on() {}, off() {} }
  await main(['serve', '--help'], { env: {}, stdout: out, stderr: out, signals, exit() {} })
  return text
}

const matches = (text: string, pattern: RegExp) =>
  [...new Set(Array.from(text.matchAll(pattern), ([, found]) => found!))].sort()

describe('docs/deployment.md', () => {
  it('lists every flag and every variable of the command line, and no other', async () => {
    const said = await help()
    const document = read('docs/deployment.md')
    const known = matches(said, /^ {2}(--[a-z-]+)/gm)
    expect(matches(document, /^\| `(--[a-z-]+)` \|/gm)).toEqual(known)
    // Those of other programs are not in inline code of their own.
    for (const flag of matches(document, /`(--[a-z-]+)/g)) expect(known).toContain(flag)
    const variables = /\b(SYNAPSE_[A-Z_]+|REDIS_URL|OPENAI_[A-Z_]+|PORT)\b/g
    expect(matches(document, variables)).toEqual(matches(said, variables))
  })

  it('prints a user of Redis that may do all that a gateway does, and no more keys', async () => {
    const [, line] = /`ACL (SETUSER [^`]+)`/.exec(read('docs/deployment.md'))!
    const { host, port, redis } = await startRedis()
    const [command, ...args] = line!.replace('PASSWORD', 'secret').split(' ')
    await redis.call('ACL', command!, ...args)
    const url = `redis://gateway:secret@${host}:${port}`
    const report = { warn() {}, info() {} }
    const options = { url, prefix: 'synapse-toon', keepFor: undefined }
    const { source } = scriptedAnswers(words('a', 'b'))
    const gateway = await startGateway({
      source,
      openRecords: () => openRedisRecords(options, report),
    })
    const response = await fetch(`${gateway.url}/streams`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': 'a'.repeat(16) },
      body: '{"message":"hi"}',
    })
    const { url: address } = (await response.json()) as { url: string }
    const asJson = { headers: { Accept: 'application/json' } }
    await expect
      .poll(async () => (await fetch(gateway.url + address, asJson)).json())
      .toMatchObject({ reason: 'complete', chunks: 2 })
    await expect(openRedisRecords({ ...options, prefix: 'other' }, report)).rejects.toThrow(
      'NOPERM',
    )
    await gateway.close(0)
  })

  it('names files that exist', () => {
    const document = read('docs/deployment.md')
    for (const link of matches(document, /\]\(([^)]+)\)/g)) {
      expect(existsSync(join(ROOT, 'docs', link)), link).toBe(true)
    }
  })
})

describe('the files in deploy', () => {
  it.each(['deploy/Dockerfile', 'deploy/compose.yml'])('%s sets what there is', async (file) => {
    const said = await help()
    const set = matches(read(file), /\b(SYNAPSE_[A-Z_]+|REDIS_URL|OPENAI_[A-Z_]+)\b/g)
    expect(set.length).toBeGreaterThan(0)
    for (const variable of set) expect(said).toContain(variable)
    for (const flag of matches(read(file), /"(--[a-z-]+)"/g)) expect(said).toContain(flag)
  })

  it('lead two gateways to nginx under the names that it is told', () => {
    const compose = read('deploy/compose.yml')
    const [replaced, names] = [
      matches(compose, /s\/(127[^/]+)\//g).map((address) => address.replaceAll('\\', '')),
      matches(compose, /s\/127[^/]+\/([^/:]+):/g),
    ]
    const servers = matches(read('deploy/nginx.conf'), /^ +server (\S+:\d+)/gm)
    expect(replaced).toEqual(servers)
    for (const name of names) expect(compose).toMatch(new RegExp(`^  ${name}: \\*gateway$`, 'm'))
  })
})

describe('docs/protocol.md', () => {
  it('prints how to start an answer, with curl', async () => {
    const [, script] = /```sh\n(curl[\s\S]*?)```/.exec(read('docs/protocol.md'))!
    const { source, script: asked } = scriptedAnswers(words('a'))
    const { url } = await startGateway({ source })
    const command = script!.replace('http://127.0.0.1:8787', url).replace('curl', 'curl -sS')
    const run = promisify(execFile)
    const [first, again] = [await run('sh', ['-c', command]), await run('sh', ['-c', command])]
    expect(first.stdout).toMatch(/^HTTP\/1\.1 201 Created\r\nlocation: \/streams\//i)
    const body = (text: string) => text.split('\r\n\r\n')[1]
    expect(body(again.stdout)).toBe(body(first.stdout))
    expect(asked.runs).toBe(1)
  })
})
