import { cleanText } from './clean-text.ts'
import { DocumentLeakError, RetrieverError } from './errors.ts'
import { mayRead, unmetFilter } from './filters.ts'
import type { SearchOptions, Snippet } from './retriever.ts'

/** Scores come from floating point: 1.0000000002 is a 1, 7.2 is another scale. */
const ROUNDING = 1e-6

/**
 * The best snippets of a retriever's result, checked: nothing of others, no text twice.
 *
 * @throws {RetrieverError} when the result has a wrong shape
 * @throws {DocumentLeakError} when it holds what the asker must not see
 */
export function chooseSnippets(
  result: readonly Snippet[],
  { limit, minScore, userId, filters }: SearchOptions & { minScore: number },
): Snippet[] {
  if (!Array.isArray(result)) throw new RetrieverError('the whole', 'an array of snippets', result)
  const snippets = result.map((snippet: unknown) => checkSnippet(snippet))
  for (const { id, userId: owner, metadata } of snippets) {
    if (!mayRead(owner, userId)) throw new DocumentLeakError(id, 'which belongs to somebody else')
    // Fields that the retriever does not hand out cannot be checked; those it does must fit.
    const field = unmetFilter({ ...filtersAsMetadata(filters), ...metadata }, filters)
    if (field !== undefined) throw new DocumentLeakError(id, `which does not meet ${field}`)
  }
  // Stable, so equals stay in the retriever's order.
  snippets.sort((a, b) => b.score - a.score)
  const seen = new Set<string>()
  const chosen: Snippet[] = []
  for (const snippet of snippets) {
    const text = cleanText(snippet.text)
    if (snippet.score < minScore || text === '' || seen.has(text)) continue
    seen.add(text)
    chosen.push(snippet)
    if (chosen.length === limit) break
  }
  return chosen
}

/** For each filtered field a value that meets it. */
function filtersAsMetadata(filters: SearchOptions['filters']): Record<string, unknown> {
  const met = Object.entries(filters).map(([field, wanted]) => [
    field,
    Array.isArray(wanted) ? wanted[0] : wanted,
  ])
  return Object.fromEntries(met)
}

function checkSnippet(snippet: unknown): Snippet {
  if (typeof snippet !== 'object' || snippet === null) {
    throw new RetrieverError('a snippet', 'an object', snippet)
  }
  const { id, text, score, title, source, userId, metadata } = snippet as Record<string, unknown>
  if (typeof id !== 'string' || id === '') {
    throw new RetrieverError('id', 'a string that is not empty', id)
  }
  if (typeof text !== 'string') throw new RetrieverError('text', 'a string', text)
  if (typeof score !== 'number' || !(score <= 1 + ROUNDING) || score === -Infinity) {
    throw new RetrieverError('score', 'a number from 0 to 1', score)
  }
  // Databases say `null` where we say `undefined`.
  for (const [name, value] of Object.entries({ title, source, userId })) {
    if (value === undefined || value === null || typeof value === 'string') continue
    throw new RetrieverError(name, 'a string, or left out', value)
  }
  if (metadata !== undefined && (typeof metadata !== 'object' || Array.isArray(metadata))) {
    throw new RetrieverError('metadata', 'an object', metadata)
  }
  return {
    id,
    text,
    // Below 0 is less than nothing in common, as cosines can say it.
    score: Math.min(1, Math.max(0, score)),
    ...(typeof title === 'string' && { title }),
    ...(typeof source === 'string' && { source }),
    ...(typeof userId === 'string' && { userId }),
    metadata: { ...metadata },
  }
}
