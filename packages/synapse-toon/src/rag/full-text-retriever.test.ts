import { describe, expect, it } from 'vitest'
import { createFullTextRetriever, loadFullTextRetriever } from './full-text-retriever.ts'
import type { RagDocument, Retriever } from './retriever.ts'

const DOCUMENTS: RagDocument[] = [
  { id: 'resume', title: 'Resume', text: 'A client names the last event that it saw.' },
  { id: 'memory', title: 'Memory', text: 'Old streams are kept for five minutes, then dropped.' },
  { id: 'buffer', text: 'Set maxBufferSize to change how many bytes may wait.' },
  { id: 'tokyo', text: '東京の天気は晴れです。' },
]
const ask = async (retriever: Retriever, query: string, userId?: string) =>
  retriever.search(query, { limit: 10, userId, filters: {} })
const best = async (retriever: Retriever, query: string) => (await ask(retriever, query))[0]?.id

describe('createFullTextRetriever', () => {
  it('understands questions, endings, misspellings, parts of names, and Japanese', async () => {
    const retriever = await createFullTextRetriever({ documents: DOCUMENTS })
    expect(await best(retriever, 'how does resuming work?')).toBe('resume')
    expect(await best(retriever, 'how long do you keep old streams')).toBe('memory')
    expect(await best(retriever, 'streems minuts')).toBe('memory')
    expect(await best(retriever, 'buffer size')).toBe('buffer')
    expect(await best(retriever, '天気')).toBe('tokyo')
  })

  it('scores by the share of the question that the best one answers', async () => {
    const retriever = await createFullTextRetriever({ documents: DOCUMENTS })
    const [whole] = await ask(retriever, 'client event')
    expect(whole).toMatchObject({ id: 'resume', score: 1 })
    const [part] = await ask(retriever, 'client zebra unicorn walrus')
    expect(part!.score).toBeLessThanOrEqual(0.25)
  })

  it('gives nothing for words that stand in every question', async () => {
    const retriever = await createFullTextRetriever({ documents: DOCUMENTS })
    expect(await ask(retriever, 'what is it?')).toEqual([])
  })

  it('adds, replaces and removes', async () => {
    const retriever = await createFullTextRetriever()
    retriever.add(DOCUMENTS)
    retriever.add([{ id: 'resume', text: 'Now about violins.' }])
    expect(retriever.size).toBe(4)
    expect(await best(retriever, 'violin')).toBe('resume')
    expect(await ask(retriever, 'client')).toEqual([])
    expect(retriever.remove('resume')).toBe(true)
    expect(retriever.remove('resume')).toBe(false)
    expect(await ask(retriever, 'violin')).toEqual([])
  })

  it('refuses an id of somebody else’s document, and then adds none', async () => {
    const retriever = await createFullTextRetriever({
      documents: [{ id: 'notes', text: 'secret', userId: 'ada' }],
    })
    const stolen = { id: 'notes', text: 'mine now', userId: 'bob' }
    expect(() => retriever.add([{ id: 'new', text: 'x' }, stolen])).toThrow(
      expect.objectContaining({ code: 'ERR_SYNAPSE_RAG_DOCUMENT_OWNER' }),
    )
    expect(retriever.size).toBe(1)
    expect(await ask(retriever, 'secret', 'ada')).toHaveLength(1)
  })

  it('hands out copies', async () => {
    const retriever = await createFullTextRetriever({ documents: DOCUMENTS })
    const [snippet] = await ask(retriever, 'client')
    Object.assign(snippet!.metadata, { lang: 'en' })
    expect((await ask(retriever, 'client'))[0]!.metadata).toEqual({})
  })

  it('looks up the first words only of a question as long as a book', async () => {
    const retriever = await createFullTextRetriever({ documents: DOCUMENTS })
    const book = Array.from({ length: 20_000 }, (_, i) => `unknown${i.toString(36)}`).join(' ')
    expect(await best(retriever, `client ${book}`)).toBe('resume')
  })
})

describe('a saved index', () => {
  it('finds the same after it was loaded, and can be changed', async () => {
    const saved = (await createFullTextRetriever({ documents: DOCUMENTS })).save()
    const loaded = await loadFullTextRetriever(saved)
    const fresh = await createFullTextRetriever({ documents: DOCUMENTS })
    for (const query of ['resume', 'streems', '天気', 'buffer']) {
      expect(await ask(loaded, query)).toEqual(await ask(fresh, query))
    }
    loaded.remove('resume')
    loaded.add([{ id: 'more', text: 'A violin.' }])
    expect(await best(loaded, 'violin')).toBe('more')
    expect((await loadFullTextRetriever(loaded.save())).size).toBe(4)
  })

  it('is refused when it is damaged or of another version, with the cure', async () => {
    const saved = (await createFullTextRetriever({ documents: DOCUMENTS })).save()
    const parts = JSON.parse(saved)
    for (const json of [
      '',
      'null',
      '{}',
      saved.slice(0, -5),
      JSON.stringify({ ...parts, version: 99 }),
      JSON.stringify({ ...parts, index: {} }),
      JSON.stringify({ ...parts, documents: [] }),
      JSON.stringify({ ...parts, documents: parts.documents.map(() => ({ id: 'x' })) }),
      JSON.stringify({ version: 1 }),
    ]) {
      await expect(loadFullTextRetriever(json), json.slice(0, 40)).rejects.toMatchObject({
        code: 'ERR_SYNAPSE_RAG_SAVED_INDEX',
        message: expect.stringContaining('build it again'),
      })
    }
  })
})
