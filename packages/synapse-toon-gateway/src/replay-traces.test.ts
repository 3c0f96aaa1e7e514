import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { collect } from 'synapse-toon/testing'
import { afterAll, describe, expect, it } from 'vitest'
import { createReplaySource } from './sources/replay.ts'
import { asEvent, chunk, finish, startGateway } from './test-kit.ts'

/** What a recording holds, read without any of the code that is tested. */
interface Expected {
  readonly isChat: boolean
  /** Text of each choice, by its index. */
  readonly texts: Record<number, string>
  readonly fails: boolean
}

function readExpected(file: string): Expected {
  const texts: Record<number, string> = {}
  let isChat = false
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const json = line.startsWith('data: ') ? line.slice('data: '.length) : line
    if (!json.startsWith('{')) continue
    const value = JSON.parse(json)
    if (value.object === 'chat.completion.chunk') isChat = true
    if (value.error) return { isChat, texts, fails: true }
    if (!Array.isArray(value.choices)) continue
    for (const { index, delta } of value.choices) {
      if (delta?.content) texts[index] = (texts[index] ?? '') + delta.content
    }
  }
  return { isChat, texts, fails: false }
}

const own = mkdtempSync(join(tmpdir(), 'synapse-toon-traces-'))
afterAll(() => rmSync(own, { recursive: true, force: true }))

const usage = { prompt_tokens: 1, completion_tokens: 9 }
const text = [chunk(''), chunk('naïve '), chunk('線\r\n'), chunk('🙂\u2028"'), finish()]
const two = [chunk('a'), chunk('x', { index: 1 }), chunk('b'), chunk('y', { index: 1 })]
const both = { ...chunk(''), choices: [...chunk('c').choices, ...chunk('z', { index: 1 }).choices] }
const end = { ...chunk(''), choices: [], usage }
const failure = { ...chunk(''), error: { code: 400, message: 'Token limit reached' } }

for (const [name, events] of Object.entries({
  text: [...text, end],
  choices: [...two, both, finish(0), finish(1), end],
  azure: [{ object: '', choices: [], prompt_filter_results: [] }, ...text],
  failing: [chunk('a'), failure],
})) {
  writeFileSync(join(own, `${name}.jsonl`), events.map((event) => JSON.stringify(event)).join('\n'))
  const body = `: PROCESSING\n\n${events.map(asEvent).join('')}${asEvent('[DONE]')}`
  writeFileSync(join(own, `${name}.sse`), body)
}

// Recordings of real providers where there are some; those written above always.
const recordings = [own, process.env.SYNAPSE_TRACES]
  .filter((folder): folder is string => folder !== undefined && folder !== '')
  .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
  .filter((file) => ['.jsonl', '.sse'].includes(extname(file)))
  .map((file) => ({ file, name: file.slice(file.lastIndexOf('/') + 1), ...readExpected(file) }))
  .filter(({ isChat }) => isChat)

describe('a recorded OpenAI chat stream, replayed over HTTP', () => {
  it.each(recordings)('arrives whole: $name', async ({ file, texts, fails }) => {
    const { url } = await startGateway({
      source: await createReplaySource({ file, intervalMs: 0 }),
    })
    const answer = await collect<{ delta: string; index?: number }>(
      fetch(`${url}/chat/stream?message=hi`),
    )
    const received: Record<number, string> = {}
    for (const { delta, index = 0 } of answer.payloads) {
      if (delta !== '') received[index] = (received[index] ?? '') + delta
    }
    expect(received).toEqual(texts)
    expect(answer.end?.event).toBe(fails ? 'error' : 'done')
    expect(answer.broken).toBe(false)
  })
})
