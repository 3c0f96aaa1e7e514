import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { collect } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'

const run = promisify(execFile)

const ROOT = new URL('../../../', import.meta.url)
const EXAMPLES = new URL('examples/', ROOT)
const MOST_LINES = 40
/** The README's address, in whose place the test puts the one that the example prints. */
const ADDRESS = 'http://127.0.0.1:3000'

/** Started by a framework that is not installed; tested by a call. */
const NOT_STARTED = ['nextjs']

const folders = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

/** The code of an example, in lines; neither blank ones nor comments. */
async function codeOf(folder: string): Promise<string[]> {
  const all = readdirSync(new URL(`${folder}/`, EXAMPLES), { recursive: true }) as string[]
  const sources = all.filter((path) => /\.m?js$/.test(path))
  const texts = await Promise.all(
    sources.map((path) => readFile(new URL(`${folder}/${path}`, EXAMPLES), 'utf8')),
  )
  return texts
    .join('\n')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(\/\/|\/?\*)/.test(line))
}

/** The first line of an example's README that begins with a word. */
async function lineOf(folder: string, word: string): Promise<string> {
  const readme = await readFile(new URL(`${folder}/README.md`, EXAMPLES), 'utf8')
  const line = readme.split('\n').find((line) => line.startsWith(`${word} `))
  if (line === undefined) throw new Error(`the README of ${folder} has no line with ${word}`)
  return line
}

/** Starts what the README says, on a free port. */
async function start(folder: string) {
  const [, script] = (await lineOf(folder, 'node')).split(' ')
  const child = spawn(process.execPath, [script!], {
    cwd: fileURLToPath(ROOT),
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => resolve(String(chunk).trim()))
    child.on('exit', () => reject(new Error(`${folder} ended at once: ${errors}`)))
  })
  return { child, url }
}

async function expectAnswer(response: Response) {
  const { text, payloads, end } = await collect(response)
  expect(text).toBe('You said: hello. Every word of this is a chunk.')
  expect(payloads.length).toBeGreaterThan(5)
  expect(end).toMatchObject({ event: 'done', data: { reason: 'complete' } })
}

describe.each(folders)('the example %s', (folder) => {
  it(`has less than ${MOST_LINES} lines of code`, async () => {
    const lines = await codeOf(folder)
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.length).toBeLessThan(MOST_LINES)
  })

  if (NOT_STARTED.includes(folder)) return
  it('starts and streams by the two lines of its README, and ends when told to', async () => {
    const { child, url } = await start(folder)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    const curl = (await lineOf(folder, 'curl')).replace(ADDRESS, url).replace('curl', 'curl -sS')
    const { stdout } = await run('sh', ['-c', curl])
    await expectAnswer(new Response(stdout))
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
})

describe('the example nextjs', () => {
  it('answers a request as Next.js would hand it over', async () => {
    const route = '../../../examples/nextjs/app/chat/stream/route.js'
    const { GET } = (await import(route)) as { GET: (request: Request) => Promise<Response> }
    const response = await GET(new Request(`${ADDRESS}/chat/stream?message=hello`))
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await expectAnswer(response)
  })
})

describe('docs/frameworks.md', async () => {
  const document = await readFile(new URL('docs/frameworks.md', ROOT), 'utf8')
  const sections = document
    .split('\n## ')
    .slice(1)
    .map((section) => ({
      title: section.split('\n')[0]!,
      snippet: /```js\n(.*?)```/s.exec(section)![1]!,
      folders: [...section.matchAll(/\[examples\/([\w-]+)\]/g)].map(([, folder]) => folder!),
    }))

  it.each(sections)('shows for $title what stands in the example', async ({ snippet, folders }) => {
    expect(folders.length).toBeGreaterThan(0)
    const lines = snippet
      .trim()
      .split('\n')
      .map((line) => line.trim())
    expect(lines).toHaveLength(3)
    for (const folder of folders)
      expect(await codeOf(folder)).toEqual(expect.arrayContaining(lines))
  })

  it('shows every example', () => {
    expect(new Set(sections.flatMap(({ folders }) => folders))).toEqual(new Set(folders))
  })
})
