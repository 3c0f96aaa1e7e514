import { describe, expect, it } from 'vitest'
import { bagOfWords } from './bag-of-words.ts'
import { createFullTextRetriever, loadFullTextRetriever } from './full-text-retriever.ts'
import type { RagDocument, Retriever } from './retriever.ts'
import { retrieverContract } from './retriever-contract.ts'
import { createVectorRetriever } from './vector-retriever.ts'

const RETRIEVERS: Record<string, (documents: RagDocument[]) => Promise<Retriever>> = {
  'the full-text retriever': (documents) => createFullTextRetriever({ documents }),
  'a full-text retriever that was saved and loaded': async (documents) =>
    loadFullTextRetriever((await createFullTextRetriever({ documents })).save()),
  'the vector retriever': (documents) => createVectorRetriever({ documents, embed: bagOfWords }),
}

for (const [retriever, create] of Object.entries(RETRIEVERS)) {
  describe(retriever, () => {
    for (const { name, check } of retrieverContract(create)) it(name, check)
  })
}

describe('retrieverContract', () => {
  /** The names of the checks that a retriever with one fault fails. */
  async function failed(fault: (retriever: Retriever, documents: RagDocument[]) => Retriever) {
    const create = async (documents: RagDocument[]) =>
      fault(await createFullTextRetriever({ documents }), documents)
    const names: string[] = []
    for (const { name, check } of retrieverContract(create)) {
      await check().catch(() => names.push(name))
    }
    return names.join('\n')
  }

  it('finds a retriever that forgets whose documents they are', async () => {
    const names = await failed((_, documents) => ({
      search: async (_query, { limit }) =>
        documents.slice(0, limit).map((document) => ({ metadata: {}, ...document, score: 1 })),
    }))
    expect(names).toContain('shows somebody unknown only public documents')
    expect(names).toContain('never those of others')
    expect(names).toContain('whose metadata meet all filters')
  })

  it('finds a retriever that applies the limit before the user', async () => {
    const names = await failed((_, documents) => ({
      search: async (_query, { limit, userId }) =>
        documents
          .slice(0, limit)
          .filter((document) => document.userId === undefined || document.userId === userId)
          .map((document) => ({ metadata: {}, ...document, score: 1 })),
    }))
    expect(names).toContain('finds one’s own document behind many of others')
  })

  it('finds a retriever that does not say whose a snippet is, or never stops', async () => {
    const names = await failed((retriever) => ({
      search: async (query, { signal, ...options }) =>
        (await retriever.search(query, options)).map(({ userId, ...snippet }) => snippet),
    }))
    expect(names).toContain('shows a user public documents and their own')
    expect(names).toContain('rejects with the reason of a signal')
  })
})
