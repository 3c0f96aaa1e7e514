import { describe, expect, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import type { Asker } from './asker.ts'
import { createRag } from './create-rag.ts'
import type { RagOptions } from './rag-options.ts'
import type { Retriever, SearchOptions, Snippet } from './retriever.ts'

const snippet = (fields: Partial<Snippet> = {}): Snippet => ({
  id: 'a',
  text: 'Text.',
  score: 0.5,
  metadata: {},
  ...fields,
})

/** A retriever that gives what it is told, and remembers what it was asked. */
function scripted(...result: unknown[]) {
  const asked: (SearchOptions & { query: string })[] = []
  const retriever: Retriever = {
    async search(query, options) {
      asked.push({ query, ...options })
      return result as Snippet[]
    },
  }
  return { retriever, asked }
}

const only = (...result: unknown[]) => ({ retriever: scripted(...result).retriever })

describe('createRag', () => {
  it('names the option that is wrong, its value and what it must be', () => {
    const { retriever } = scripted()
    const wrong: [unknown, string][] = [
      [undefined, 'options must be an object'],
      [{}, 'retriever must be a retriever'],
      [{ retriever, limit: 0 }, 'limit must be a whole number from 1'],
      [{ retriever, limit: 11 }, 'limit must be at most searchLimit (10); raise that too, got 11'],
      [{ retriever, maxTokens: -1 }, 'maxTokens must be a whole number from 1'],
      [{ retriever, maxTokens: 1.5 }, 'maxTokens'],
      [{ retriever, minScore: 2 }, 'minScore must be a number from 0 to 1, got 2'],
      [{ retriever, cacheTtl: -1 }, 'cacheTtl must be a whole number from 0'],
      [{ retriever, summarize: 'yes' }, 'summarize must be a function'],
      [{ retriever, metadataFilters: { a: {} } }, 'metadataFilters.a must be'],
      [{ retriever, topK: 3 }, 'an option must be one of retriever, limit'],
      [{ retriever, constructor: 3 }, 'an option must be one of'],
    ]
    for (const [options, message] of wrong) {
      expect(() => createRag(options as RagOptions), message).toThrow(message)
    }
  })
})

describe('buildContext', () => {
  it('refuses a query of nothing', async () => {
    const rag = createRag(only())
    for (const query of ['', ' \n', undefined, 7]) {
      const error = { code: 'ERR_SYNAPSE_RAG_QUERY' }
      await expect(rag.buildContext(query as string)).rejects.toMatchObject(error)
      await expect(rag.search(query as string)).rejects.toMatchObject(error)
    }
  })

  it('gives the retriever the user and all filters; those of the call lie over the others', async () => {
    const { retriever, asked } = scripted()
    const rag = createRag({ retriever, metadataFilters: { lang: 'en', team: 1 } })
    expect(await rag.buildContext('q', { user_id: 42, lang: ['de'], draft: false })).toBe('')
    expect(asked).toEqual([
      {
        query: 'q',
        limit: 10,
        userId: '42',
        filters: { lang: ['de'], team: 1, draft: false },
        signal: undefined,
      },
    ])
  })

  it('takes user ids as the seed writes them, and nobody for null', async () => {
    const { retriever, asked } = scripted()
    const rag = createRag({ retriever })
    for (const asker of [{ userId: '7' }, { user_id: 7, userId: '7' }, { user_id: null }, {}]) {
      await rag.search('q', asker)
    }
    expect(asked.map(({ userId }) => userId)).toEqual(['7', '7', undefined, undefined])
  })

  it('refuses an asker that could be somebody else, and a filter that is missing', async () => {
    const rag = createRag(only())
    for (const asker of [
      { userId: '' },
      { userId: {} },
      { userId: Number.NaN },
      { userId: 'a', user_id: 'b' },
      { tenant: undefined },
      { tenant: null },
      'ada',
      null,
    ]) {
      await expect(rag.buildContext('q', asker as unknown as Asker)).rejects.toMatchObject({
        code: 'ERR_SYNAPSE_INVALID_OPTION',
      })
    }
  })

  it('throws when the retriever hands out somebody else’s document, without its text', async () => {
    const leak = snippet({ userId: 'bob', text: 'the secret' })
    const rag = createRag(only(snippet(), leak))
    for (const asker of [{ userId: 'ada' }, {}]) {
      const error = await rag.buildContext('q', asker).catch((thrown: Error) => thrown)
      expect(error).toMatchObject({ code: 'ERR_SYNAPSE_RAG_LEAK' })
      expect(String(error)).not.toContain('secret')
    }
    expect(await rag.buildContext('q', { userId: 'bob' })).toContain('the secret')
  })

  it('throws when the retriever forgets a filter', async () => {
    const rag = createRag(only(snippet({ metadata: { lang: 'de' } })))
    await expect(rag.search('q', { lang: 'en' })).rejects.toThrow('does not meet lang')
    expect(await rag.search('q', { lang: 'de', unknown: 1 })).toHaveLength(1)
  })

  it('says what is wrong with a result of another shape', async () => {
    for (const bad of [
      null,
      {},
      { ...snippet(), text: 7 },
      snippet({ score: Number.NaN }),
      snippet({ score: 7.2 }),
      snippet({ id: '' }),
      { ...snippet(), userId: 7 },
      { ...snippet(), title: {} },
      { ...snippet(), metadata: [] },
    ]) {
      await expect(createRag(only(bad)).search('q')).rejects.toMatchObject({
        code: 'ERR_SYNAPSE_RAG_RETRIEVER',
      })
    }
    const noArray = { search: async () => 'text' } as unknown as Retriever
    await expect(createRag({ retriever: noArray }).search('q')).rejects.toThrow(
      'an array of snippets',
    )
  })

  it('takes the best, no text twice, nothing below minScore', async () => {
    const { retriever } = scripted(
      snippet({ id: 'low', text: 'Low.', score: 0.1 }),
      snippet({ id: 'third', text: 'Third.', score: 0.3 }),
      snippet({ id: 'first', text: 'First.', score: 1.0000000002 }),
      snippet({ id: 'copy', text: ' First. ', score: 0.9 }),
      snippet({ id: 'empty', text: ' ', score: 0.9 }),
      snippet({ id: 'negative', text: 'Negative.', score: -0.2 }),
    )
    const ids = async (options: Partial<RagOptions>) =>
      (await createRag({ retriever, ...options }).search('q')).map(({ id }) => id)
    expect(await ids({})).toEqual(['first', 'third', 'low'])
    expect(await ids({ limit: 1 })).toEqual(['first'])
    expect(await ids({ minScore: 0.3 })).toEqual(['first', 'third'])
    const [best] = await createRag({ retriever }).search('q')
    expect(best!.score).toBe(1)
  })

  it('stops with the reason of the signal', async () => {
    const reason = new Error('left')
    const rag = createRag(only(snippet()))
    const options = { signal: AbortSignal.abort(reason) }
    await expect(rag.buildContext('q', {}, options)).rejects.toBe(reason)
    await expect(rag.search('q', {}, options)).rejects.toBe(reason)
  })

  it('stops with the reason of the signal during a summary too, instead of trimming', async () => {
    const controller = new AbortController()
    const { retriever } = scripted(snippet({ text: 'Many words here. '.repeat(500) }))
    const summarize = () => {
      controller.abort(new Error('left'))
      throw new Error('aborted')
    }
    const rag = createRag({ retriever, summarize })
    await expect(rag.buildContext('q', {}, { signal: controller.signal })).rejects.toThrow('left')
  })
})

describe('the cache', () => {
  it('is off by default', async () => {
    const { retriever, asked } = scripted(snippet())
    const rag = createRag({ retriever })
    await rag.buildContext('q')
    await rag.buildContext('q')
    expect(asked).toHaveLength(2)
  })

  it('gives the same context until its time is over', async () => {
    const clock = createFakeClock()
    const { retriever, asked } = scripted(snippet())
    const rag = createRag({ retriever, cacheTtl: 1000, clock })
    const first = await rag.buildContext('q', { lang: 'en', page: 1 })
    await clock.advance(999)
    expect(await rag.buildContext('q', { page: 1, lang: 'en' })).toBe(first)
    expect(asked).toHaveLength(1)
    await clock.advance(1)
    await rag.buildContext('q', { lang: 'en', page: 1 })
    expect(asked).toHaveLength(2)
  })

  it('never gives the context of one asker to another', async () => {
    const { retriever, asked } = scripted(snippet())
    const rag = createRag({ retriever, cacheTtl: 1000, clock: createFakeClock() })
    const askers: Asker[] = [
      {},
      { userId: 'ada' },
      { userId: 'Ada' },
      { userId: 'null' },
      { userId: 'ada', lang: 'en' },
      { userId: 'ada', lang: ['en'] },
      { lang: 'en' },
      { page: 1 },
      { page: '1' },
    ]
    for (const asker of askers) await rag.buildContext('q', asker)
    expect(asked).toHaveLength(askers.length)
  })

  it('keeps at most a thousand, and drops what was unused longest', async () => {
    const { retriever, asked } = scripted()
    const rag = createRag({ retriever, cacheTtl: 1000, clock: createFakeClock() })
    for (let i = 0; i < 1000; i++) await rag.buildContext(`q${i}`)
    await rag.buildContext('q0')
    await rag.buildContext('one more')
    expect(asked).toHaveLength(1001)
    await rag.buildContext('q0')
    expect(asked).toHaveLength(1001)
    await rag.buildContext('q1')
    expect(asked).toHaveLength(1002)
  })
})
