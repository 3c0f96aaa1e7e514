import { decode } from '@toon-format/toon'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bagOfWords } from './bag-of-words.ts'
import { createRag } from './create-rag.ts'
import { createFullTextRetriever, loadFullTextRetriever } from './full-text-retriever.ts'
import type { RagDocument, Retriever, Snippet } from './retriever.ts'
import { countTokens } from './tokens.ts'
import { createVectorRetriever } from './vector-retriever.ts'

/** Everything that a tokenizer, TOON or a trimmer could trip over. */
const anyText = fc.oneof(
  fc.lorem({ maxCount: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom('漢', '字', '。', 'の', '日本', '한국어 '), maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('👩‍👩‍👧', '🇩🇪', 'é', '\ud800', '😀 '), maxLength: 100 }),
  fc.string({ unit: fc.constantFrom('"', '\\', '\n', ',', '\t', '- ', 'a', '\r'), maxLength: 300 }),
  fc
    .tuple(fc.constantFrom('x', '漢', '=', '\u0001', 'aB3'), fc.nat(3000))
    .map(([s, n]) => s.repeat(n)),
  fc.constantFrom('<|endoftext|> and so on', 'context[9]{text}:', 'null', '42', '[]'),
)

const anySnippet = fc.record(
  {
    id: fc.uuid(),
    text: anyText,
    title: anyText,
    source: anyText,
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    metadata: fc.constant({}),
  },
  { requiredKeys: ['id', 'text', 'score', 'metadata'] },
)

describe('a context', () => {
  it('never exceeds its budget by the real tokenizer, and is always TOON, whatever the documents', async () => {
    const budget = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 61, max: 700 }))
    const summaries = fc.option(anyText, { nil: undefined })
    await fc.assert(
      fc.asyncProperty(
        fc.array(anySnippet, { maxLength: 6 }),
        budget,
        fc.integer({ min: 1, max: 6 }),
        summaries,
        async (snippets, maxTokens, limit, summary) => {
          const retriever: Retriever = { search: async () => snippets as Snippet[] }
          const summarize = summary === undefined ? undefined : () => summary
          const rag = createRag({ retriever, maxTokens, limit, summarize })
          const context = await rag.buildContext('anything')
          expect(await countTokens(context)).toBeLessThanOrEqual(maxTokens)
          if (context === '') return
          const { context: rows } = decode(context) as { context: { text: string }[] }
          expect(rows.length).toBeLessThanOrEqual(limit)
          expect(rows.every(({ text }) => text !== '')).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('two users', () => {
  const WORDS = ['stream', 'resume', 'log', 'token', '東京', 'naïve', 'gap']
  const user = fc.constantFrom('ada', 'Ada', 'bob', 'ada,bob', '__proto__', 'ada ', 'undefined')
  const text = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 6 })
  const documents = fc
    .array(fc.tuple(fc.option(user, { nil: undefined }), text), { maxLength: 25 })
    .map((entries) =>
      entries.map(([userId, words], i): RagDocument => {
        // The owner stands in the text, so that a context shows whose it is.
        const owner = `[owner ${userId === undefined ? 'none' : encodeURIComponent(userId)}]`
        const document = { id: `${i}`, text: `${owner} ${words.join(' ')} ${i}` }
        return userId === undefined ? document : { ...document, userId }
      }),
    )
  const retrievers: Record<string, (documents: RagDocument[]) => Promise<Retriever>> = {
    'the full-text retriever': (all) => createFullTextRetriever({ documents: all }),
    'the full-text retriever, saved and loaded': async (all) =>
      loadFullTextRetriever((await createFullTextRetriever({ documents: all })).save()),
    'the vector retriever': (all) => createVectorRetriever({ documents: all, embed: bagOfWords }),
  }

  for (const [name, create] of Object.entries(retrievers)) {
    it(`never see each other's documents through ${name}, cached or not`, async () => {
      await fc.assert(
        fc.asyncProperty(
          documents,
          fc.array(fc.tuple(fc.option(user, { nil: undefined }), text), { maxLength: 8 }),
          async (all, questions) => {
            const retriever = await create(all)
            const rag = createRag({ retriever, limit: 10, maxTokens: 2000, cacheTtl: 60_000 })
            for (const [userId, words] of [...questions, ...questions]) {
              const query = words.join(' ')
              const context = await rag.buildContext(query, { userId })
              const shown = [...context.matchAll(/\[owner ([^\]]*)\]/g)].map(([, owner]) => owner)
              const allowed = ['none', userId === undefined ? 'none' : encodeURIComponent(userId)]
              for (const owner of shown) expect(allowed).toContain(owner)
              for (const found of await rag.search(query, { userId })) {
                expect([undefined, userId]).toContain(found.userId)
                expect(found.userId).toBe(all[Number(found.id)]!.userId)
              }
            }
          },
        ),
        { numRuns: 60 },
      )
    })
  }
})
