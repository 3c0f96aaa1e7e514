import assert from 'node:assert/strict'
import type { ContractCheck } from '../testing/contract-check.ts'
import type { RagDocument, Retriever, SearchOptions, Snippet } from './retriever.ts'

/**
 * The clauses of `Retriever` as checks that any test runner can register:
 *
 * ```ts
 * for (const { name, check } of retrieverContract(create)) it(name, check)
 * ```
 *
 * @param createRetriever gives a retriever that holds exactly these documents. It is called once or
 * more by each check, and never for two at a time.
 */
export function retrieverContract(
  createRetriever: (documents: RagDocument[]) => Retriever | Promise<Retriever>,
): ContractCheck[] {
  const search = async (
    documents: RagDocument[],
    query: string,
    options?: Partial<SearchOptions>,
  ) =>
    (await createRetriever(documents)).search(query, {
      limit: 10,
      userId: undefined,
      filters: {},
      ...options,
    })
  const check = (name: string, run: () => Promise<void>): ContractCheck => ({ name, check: run })

  return [
    check('finds the document that a query is about first', async () => {
      const [best] = await search(GARDEN, 'planting tomatoes in the greenhouse')
      assert.equal(best?.id, 'tomatoes')
    }),
    check(
      'gives snippets best first, with scores from 0 to 1, each once, with their fields',
      async () => {
        const found = await search(GARDEN, 'tomatoes and potatoes in the garden')
        assert.ok(found.length >= 2, 'expected more than one document')
        assert.equal(new Set(ids(found)).size, found.length)
        for (const [i, { score }] of found.entries()) {
          assert.ok(score >= 0 && score <= 1, `score ${score}`)
          assert.ok(i === 0 || score <= found[i - 1]!.score, 'best first')
        }
        const { title, source, metadata } = found.find(({ id }) => id === 'tomatoes')!
        assert.deepEqual({ title, source, lang: metadata.lang }, { ...SHOWN, lang: 'en' })
      },
    ),
    check('gives at most limit snippets', async () => {
      assert.equal((await search(GARDEN, 'garden', { limit: 2 })).length, 2)
    }),
    check('gives nothing where there is nothing, and for a query of no words', async () => {
      assert.deepEqual(await search([], 'garden'), [])
      for (const query of ['?!', ' ', '@{}|*:"\\']) {
        assert.ok(Array.isArray(await search(GARDEN, query)), query)
      }
    }),
    check('shows somebody unknown only public documents', async () => {
      const found = await search([...GARDEN, ...OWNED], 'garden secret plan', { limit: 50 })
      assert.deepEqual(owners(found), [])
      assert.ok(found.length > 0, 'public documents are for everybody')
    }),
    check('shows a user public documents and their own, never those of others', async () => {
      for (const userId of USERS) {
        const found = await search([...GARDEN, ...OWNED], 'garden secret plan', {
          userId,
          limit: 50,
        })
        assert.deepEqual(owners(found), [userId])
        assert.ok(ids(found).includes(`plan of ${userId}`), 'their own')
        assert.ok(ids(found).includes('garden'), 'public ones')
      }
    }),
    check('shows a user with no documents only public ones', async () => {
      for (const userId of ['nobody', 'AD', 'ada ', 'ad*', '*', 'undefined', 'null', 'public']) {
        const found = await search([...GARDEN, ...OWNED], 'garden secret plan', {
          userId,
          limit: 50,
        })
        assert.deepEqual(owners(found), [], userId)
      }
    }),
    check('finds one’s own document behind many of others', async () => {
      const crowd = Array.from({ length: 60 }, (_, i) => owned(`crowd-${i}`, `user-${i}`))
      const found = await search([...crowd, owned('mine', 'ada')], 'garden secret plan', {
        userId: 'ada',
        limit: 1,
      })
      assert.deepEqual(ids(found), ['mine'])
    }),
    check('gives only documents whose metadata meet all filters, before the limit', async () => {
      const ask = async (filters: SearchOptions['filters'], limit = 10) =>
        ids(await search(FILTERED, 'garden', { filters, limit })).sort()
      assert.deepEqual(await ask({ lang: 'de' }), ['de-1', 'de-2'])
      assert.deepEqual(await ask({ lang: 'de', page: 2 }, 1), ['de-2'])
      assert.deepEqual(await ask({ lang: ['de', 'fr'] }), ['de-1', 'de-2', 'fr-1'])
      assert.deepEqual(await ask({ draft: true }), ['fr-1'])
    }),
    check('takes a filter at its word: type, case, and missing fields', async () => {
      for (const filters of [
        { page: '1' },
        { lang: 'DE' },
        { lang: 'd' },
        { lang: '*' },
        { missing: 'de' },
        { constructor: 'Object' },
        { lang: [] },
      ]) {
        const found = await search(FILTERED, 'garden', {
          filters: filters as unknown as SearchOptions['filters'],
        })
        assert.deepEqual(ids(found), [], JSON.stringify(filters))
      }
    }),
    check('never lets a filter open what belongs to others', async () => {
      for (const userId of [undefined, 'bob']) {
        const found = await search(OWNED, 'secret plan', { userId, filters: { secret: true } })
        assert.deepEqual(owners(found), userId === undefined ? [] : [userId])
      }
    }),
    check('rejects with the reason of a signal that has fired', async () => {
      const reason = new Error('the client left')
      const retriever = await createRetriever(GARDEN)
      await assert.rejects(
        retriever.search('garden', {
          limit: 1,
          userId: undefined,
          filters: {},
          signal: AbortSignal.abort(reason),
        }),
        (error) => error === reason,
      )
    }),
  ]
}

const SHOWN = { title: 'Tomatoes', source: 'garden/tomatoes.md' }

const GARDEN: RagDocument[] = [
  { id: 'garden', text: 'A garden needs water, light and a plan.' },
  {
    ...SHOWN,
    id: 'tomatoes',
    text: 'Planting tomatoes: keep tomatoes in a greenhouse, and not in the open garden.',
    metadata: { lang: 'en' },
  },
  { id: 'potatoes', text: 'Potatoes grow under the earth of a garden.' },
  { id: 'music', text: 'A violin has four strings, tuned in fifths.' },
]

/** Ids that a query language, an object or a sloppy comparison could misread. */
const USERS = [
  'ada',
  'Ada',
  'bob',
  'a,b',
  'a',
  'x} | @u:{*',
  "' OR 1=1 --",
  '__proto__',
  '7',
  '東京',
]

const OWNED = USERS.map((userId) => owned(`plan of ${userId}`, userId))

const FILTERED: RagDocument[] = [
  { id: 'none', text: 'The garden of nobody.' },
  { id: 'en-1', text: 'A garden in spring.', metadata: { lang: 'en', page: 1 } },
  { id: 'de-1', text: 'A garden in summer.', metadata: { lang: 'de', page: 1 } },
  { id: 'de-2', text: 'One more garden.', metadata: { lang: 'de', page: 2 } },
  { id: 'fr-1', text: 'A garden in autumn.', metadata: { lang: 'fr', draft: true } },
]

function owned(id: string, userId: string): RagDocument {
  return { id, text: 'The secret plan of a garden.', userId, metadata: { secret: true } }
}

function ids(snippets: readonly Snippet[]): string[] {
  return snippets.map(({ id }) => id)
}

/** Who owns what was found, public documents left out. */
function owners(snippets: readonly Snippet[]): string[] {
  const found = snippets.map(({ id, userId }) => {
    const known = OWNED.find((document) => document.id === id)
    assert.equal(userId, known?.userId, `the userId of snippet ${id}`)
    return userId
  })
  return [...new Set(found.filter((userId) => userId !== undefined))]
}
