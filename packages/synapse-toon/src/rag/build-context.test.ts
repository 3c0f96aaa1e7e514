import { decode } from '@toon-format/toon'
import { beforeAll, describe, expect, it } from 'vitest'
import { buildContext, type ContextSettings } from './build-context.ts'
import type { Snippet } from './retriever.ts'
import { loadTokenizer, type Tokenizer } from './tokens.ts'

let tokenizer: Tokenizer
beforeAll(async () => {
  tokenizer = await loadTokenizer()
})

const errors: unknown[] = []
const build = (snippets: Partial<Snippet>[], settings?: Partial<ContextSettings>) =>
  buildContext(
    'why',
    snippets.map((snippet, i) => ({ id: `${i}`, text: '', score: 1, metadata: {}, ...snippet })),
    { maxTokens: 100, onSummarizeError: (error) => errors.push(error), ...settings },
    tokenizer,
  )
const LONG = 'A sentence about the log and its records. '.repeat(40)

describe('buildContext', () => {
  it('writes one table, best first', async () => {
    const context = await build([
      { source: 'a.md', title: 'A, b', text: 'One\ntwo.' },
      { source: 'b.md', text: 'Three.' },
    ])
    expect(context).toBe(
      'context[2]{source,title,text}:\n  a.md,"A, b","One\\ntwo."\n  b.md,"",Three.',
    )
  })

  it('leaves out columns that nobody has, and metadata and owners always', async () => {
    expect(await build([{ text: 'One.', userId: 'ada', metadata: { secret: 1 } }])).toBe(
      'context[1]{text}:\n  One.',
    )
  })

  it('gives an empty string for nothing, and where nothing fits', async () => {
    expect(await build([])).toBe('')
    expect(await build([{ text: LONG }], { maxTokens: 1 })).toBe('')
  })

  it('trims the last snippet at a sentence', async () => {
    const context = await build([{ text: 'Short.' }, { text: LONG }])
    expect(context).toMatch(/Short\.\n.*records\. …$/)
    expect(tokenizer.count(context)).toBeLessThanOrEqual(100)
    expect(tokenizer.count(context)).toBeGreaterThan(80)
  })

  it('leaves out a snippet of which nothing of sense fits, and takes a shorter one behind it', async () => {
    const first = 'Many words, so that little is left. '.repeat(2)
    const context = await build([{ text: first }, { text: LONG }, { text: 'Yes.' }], {
      maxTokens: 30,
    })
    expect(decode(context)).toEqual({ context: [{ text: first.trim() }, { text: 'Yes.' }] })
  })

  it('asks for a summary of what does not fit, and tells how much there is room for', async () => {
    const asked: unknown[] = []
    const context = await build([{ text: 'Short.' }, { id: 'long', text: LONG }], {
      summarize: ({ id }, { query, maxTokens }) => {
        asked.push([id, query, maxTokens > 80 && maxTokens < 100])
        return 'A summary.'
      },
    })
    expect(asked).toEqual([['long', 'why', true]])
    expect(context).toBe('context[2]{text}:\n  Short.\n  A summary.')
  })

  it('trims a summary that is too long, and drops an empty one', async () => {
    const context = await build([{ text: LONG }], { summarize: () => `Summary: ${LONG}` })
    expect(context).toMatch(/Summary: .* …"?$/)
    expect(tokenizer.count(context)).toBeLessThanOrEqual(100)
    expect(await build([{ text: LONG }], { summarize: () => '' })).toBe('')
  })

  it('trims when the summary fails or is none, and tells why', async () => {
    const trimmed = await build([{ text: LONG }])
    const failure = new Error('the model is away')
    const failing = () => Promise.reject(failure)
    expect(await build([{ text: LONG }], { summarize: failing })).toBe(trimmed)
    expect(errors).toEqual([failure])
    const wrong = (() => 7) as unknown as ContextSettings['summarize']
    expect(await build([{ text: LONG }], { summarize: wrong })).toBe(trimmed)
    expect(errors[1]).toMatchObject({ code: 'ERR_SYNAPSE_RAG_RETRIEVER' })
  })

  it('looks at no more of a huge document than could fit', async () => {
    let counted = 0
    const spy: Tokenizer = {
      count: tokenizer.count,
      fits(text, limit) {
        counted += text.length
        return tokenizer.fits(text, limit)
      },
    }
    const snippet = { id: 'x', text: 'word '.repeat(1_000_000), score: 1, metadata: {} }
    const settings = { maxTokens: 50, onSummarizeError: () => {} }
    await buildContext('q', [snippet], settings, spy)
    expect(counted).toBeLessThan(50 * 16 * 22)
  })
})
