import { type Asker, resolveAsker } from './asker.ts'
import { buildContext } from './build-context.ts'
import { chooseSnippets } from './choose-snippets.ts'
import { cacheKey, createContextCache } from './context-cache.ts'
import { InvalidQueryError } from './errors.ts'
import { type RagOptions, resolveRagOptions } from './rag-options.ts'
import type { Filters, Snippet } from './retriever.ts'
import { loadTokenizer } from './tokens.ts'

export interface CallOptions {
  /** Stops the search and the summaries; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

export interface Rag {
  /**
   * The best snippets for a query as a TOON document of at most `maxTokens` tokens, to be used as the
   * content of a system message; '' when there is nothing to show.
   *
   * @param asker who asks, and metadata that documents must meet, laid over `metadataFilters`
   * @throws {InvalidQueryError} @throws {InvalidOptionError} @throws {RetrieverError}
   * @throws {DocumentLeakError} @throws {MissingPeerError} and what the retriever throws
   */
  buildContext(query: string, asker?: Asker, options?: CallOptions): Promise<string>
  /** The snippets that `buildContext` starts from, with their scores: to see why a context is so. */
  search(query: string, asker?: Asker, options?: CallOptions): Promise<Snippet[]>
}

/**
 * Finds what a model should know before it answers.
 *
 * ```ts
 * const rag = createRag({ retriever: await createFullTextRetriever({ documents }) })
 * const context = await rag.buildContext('how do I resume?', { userId: 'ada' })
 * ```
 *
 * @throws {InvalidOptionError}
 */
export function createRag(options: RagOptions): Rag {
  const settings = resolveRagOptions(options)
  const { retriever, limit, searchLimit, minScore, metadataFilters } = settings
  const cache = createContextCache(settings.cacheTtl, settings.clock)

  async function find(query: string, asked: Asked, signal?: AbortSignal): Promise<Snippet[]> {
    const result = await retriever.search(query, { ...asked, limit: searchLimit, signal })
    signal?.throwIfAborted()
    return chooseSnippets(result, { ...asked, limit, minScore })
  }

  return {
    async search(query, asker = {}, { signal } = {}) {
      signal?.throwIfAborted()
      return find(checkQuery(query), resolveAsker(asker, metadataFilters), signal)
    },
    async buildContext(query, asker = {}, { signal } = {}) {
      signal?.throwIfAborted()
      const asked = resolveAsker(asker, metadataFilters)
      const key = cacheKey(checkQuery(query), asked.userId, asked.filters)
      const cached = cache.get(key)
      if (cached !== undefined) return cached
      // Both take their time, and neither waits for the other.
      const [tokenizer, snippets] = await Promise.all([loadTokenizer(), find(query, asked, signal)])
      const context = await buildContext(query, snippets, settings, tokenizer, signal)
      cache.set(key, context)
      return context
    },
  }
}

type Asked = { readonly userId: string | undefined; readonly filters: Filters }

function checkQuery(query: unknown): string {
  if (typeof query === 'string' && query.trim() !== '') return query
  throw new InvalidQueryError(query)
}
