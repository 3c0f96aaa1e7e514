import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { synapseToonStream } from '../synapse-toon-stream.ts'
import { collect } from '../testing/collect.ts'
import { bagOfWords } from './bag-of-words.ts'
import * as rag from './index.ts'
import { resolveRagOptions } from './rag-options.ts'
import type { Retriever, Snippet } from './retriever.ts'

const ROOT = new URL('../../../../', import.meta.url)
const page = await readFile(new URL('docs/rag.md', ROOT), 'utf8')
const [stream, documents, fullText, vectors, pgvector, redis] = [
  ...page.matchAll(/```ts\n(.*?)```/gs),
].map(([, code]) => code!)

/** Runs code of the page as a reader would paste it; `names` are what it takes from around it. */
async function run(code: string, names: Record<string, unknown>, result: string): Promise<unknown> {
  const body = code.replaceAll(/^import .*\n/gm, '').replaceAll(/^export /gm, '')
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  return AsyncFunction(...Object.keys(names), `${body}\nreturn ${result}`)(...Object.values(names))
}
const [mine, ours] = (await run(documents!, {}, '[mine, ours]')) as [
  rag.RagDocument,
  rag.RagDocument,
]
const embedOne = async (text: string) => (await bagOfWords([text]))[0]

describe('docs/rag.md', () => {
  it('streams an answer with context, for the user who asks', async () => {
    const asked: { messages: unknown[] }[] = []
    const chunk = { choices: [{ delta: { content: 'Hello' }, finish_reason: 'stop' }] }
    const create = async (
      request: { messages: unknown[] },
      { signal }: { signal: AbortSignal },
    ) => {
      expect(signal).toBeInstanceOf(AbortSignal)
      asked.push(request)
      return [chunk]
    }
    const names = {
      ...rag,
      synapseToonStream,
      openai: { chat: { completions: { create } } },
      userOf: async () => 7,
      readMarkdownFolder: () => rag.readMarkdownFolder(fileURLToPath(new URL('docs', ROOT))),
    }
    const POST = (await run(stream!, names, 'POST')) as (request: Request) => Promise<Response>
    const body = JSON.stringify({ query: 'how do I resume', message: 'and then?' })
    const { events } = await collect(POST(new Request('http://host/', { method: 'POST', body })))
    expect(JSON.parse(events[0]!.data)).toEqual({
      delta: 'Hello',
      usage: null,
      finish_reason: 'stop',
    })
    expect(asked[0]!.messages).toEqual([
      {
        role: 'system',
        content: expect.stringMatching(/^context\[[23]\]\{source,title,text\}:\n.*Resume/s),
      },
      { role: 'user', content: 'and then?' },
    ])
  })

  it('saves and loads a full-text retriever', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'rag-')), 'index.json')
    onTestFinished(() => rm(join(file, '..'), { recursive: true }))
    const again = await run(fullText!, { ...rag, readFile, writeFile, mine, ours, file }, 'again')
    const found = await rag.createRag({ retriever: again as Retriever }).search('open hours')
    expect(found.map(({ id }) => id)).toEqual(['faq#hours'])
  })

  it('embeds with the OpenAI SDK', async () => {
    const create = async ({ input }: { input: string[] }) => ({
      data: (await bagOfWords(input)).map((embedding) => ({ embedding })),
    })
    const names = { ...rag, mine, ours, openai: { embeddings: { create } } }
    const retriever = (await run(vectors!, names, 'retriever')) as Retriever
    const found = await rag.createRag({ retriever }).search('key under the mat', { userId: 'ada' })
    expect(found.map(({ id }) => id)).toEqual(['ada/notes#1', 'faq#keys'])
  })

  it('lists every option with its default', () => {
    const retriever: Retriever = { search: async () => [] }
    const settings: Record<string, unknown> = { ...resolveRagOptions({ retriever }) }
    for (const name of ['limit', 'searchLimit', 'maxTokens', 'minScore', 'cacheTtl']) {
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\|.*\\| ${settings[name]} \\|$`, 'm'))
    }
    for (const name of ['summarize', 'onSummarizeError', 'clock', 'metadataFilters', 'retriever']) {
      expect(page).toContain(`| \`${name}\` |`)
    }
  })
})

/** What we can check without the servers: who is asked for, and what becomes of an answer. */
describe('the examples of docs/rag.md', () => {
  const options = { limit: 2, userId: 'ada', filters: { lang: 'en', page: [1, 2] } }
  const search = (retriever: unknown, given: object = options) =>
    (retriever as Retriever).search('key', given as typeof options) as Promise<Snippet[]>

  it('ask PostgreSQL for the user in the query, as a parameter', async () => {
    const asked: [string, unknown[]][] = []
    const row = { id: 'a', text: 'Text.', userId: null, title: null, metadata: {}, score: 0.5 }
    const pool = {
      async query(sql: string, values: unknown[]) {
        asked.push([sql, values])
        return { rows: [row] }
      },
    }
    const retriever = await run(pgvector!, { pool, embedOne }, 'retriever')
    expect(await rag.createRag({ retriever: retriever as Retriever }).search('key')).toHaveLength(1)
    await search(retriever)
    expect(asked[0]![1][1]).toBe(null)
    expect(asked[1]![0]).toContain('WHERE (user_id IS NULL OR user_id = $2)')
    expect(asked[1]![1].slice(1)).toEqual(['ada', '{"lang":["en"],"page":[1,2]}', 2])
  })

  it('ask Redis for the user in the query, as a hash', async () => {
    const asked: unknown[][] = []
    const hash = ['id', 'a', 'text', 'Text.', 'metadata', '{"lang":"en"}', 'distance', '0.25']
    const client = {
      async call(...command: unknown[]) {
        asked.push(command)
        return [1, 'documents:a', hash]
      },
    }
    const retriever = await run(redis!, { redis: client, embedOne, createHash }, 'retriever')
    expect(await search(retriever)).toEqual([
      expect.objectContaining({ id: 'a', text: 'Text.', score: 0.75, metadata: { lang: 'en' } }),
    ])
    await search(retriever, { ...options, userId: undefined, filters: {} })
    const [known, unknown] = asked.map(([, , query]) => query as string)
    expect(known).toMatch(
      /^\(@owner:\{\w{64}\|\w{64}\} @facts:\{\w{64}\|\w{64}\} @facts:\{\w{64}\|\w{64}\|\w{64}\}\)=>/,
    )
    expect(unknown).toMatch(/^\(@owner:\{\w{64}\} \)=>\[KNN 2 /)
  })
})
