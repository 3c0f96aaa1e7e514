import type MiniSearch from 'minisearch'
import type { AsPlainObject, Options, Query } from 'minisearch'
import { importPeer } from '../import-peer.ts'
import {
  checkDocument,
  checkOwner,
  isVisible,
  type StoredDocument,
  toSnippet,
} from './document-store.ts'
import { SavedIndexError } from './errors.ts'
import type { RagDocument, Retriever } from './retriever.ts'
import { toTerms } from './words.ts'

export interface FullTextRetriever extends Retriever {
  readonly size: number
  /**
   * Adds documents; one with the id of a known document of the same user replaces it. All or none.
   *
   * @throws {InvalidDocumentError} @throws {DocumentOwnerError} before anything is changed
   */
  add(documents: Iterable<RagDocument>): void
  /** @returns whether there was one with this id */
  remove(id: string): boolean
  /** The documents and the index as JSON, owners included: keep it as safe as the documents. */
  save(): string
}

export interface FullTextOptions {
  /** What can be found. Default none; `add` takes more later. */
  readonly documents?: Iterable<RagDocument>
}

/** Changes whenever `toTerms` or the shape does: an old index would miss what new terms look for. */
const SAVED_VERSION = 1

/** Most terms of a question that are looked up: a pasted book asks no better than its first page. */
const MAX_QUERY_TERMS = 64

/** Shorter terms are the beginning of, or close to, too many others. */
const MIN_PREFIX = 4
const MIN_FUZZY = 5

const OPTIONS: Options<StoredDocument> = {
  idField: 'id',
  fields: ['title', 'text'],
  tokenize: toTerms,
  processTerm: (term) => term,
  searchOptions: {
    // A question has words that its answer has not, so any of them may match; more is better.
    combineWith: 'OR',
    boost: { title: 1.5 },
    prefix: (term) => term.length >= MIN_PREFIX,
    fuzzy: (term) => (term.length >= MIN_FUZZY ? 0.2 : false),
    maxFuzzy: 2,
    weights: { prefix: 0.2, fuzzy: 0.1 },
  },
}

/**
 * Finds documents by their words, in memory: no server, no model. English word endings are
 * understood, and languages without spaces. Needs the package `minisearch`.
 *
 * Documents of other users never come out. Their words count in how rare a word is, as in any
 * shared index; where even that is too much, make one retriever for each user.
 *
 * @throws {MissingPeerError} @throws {InvalidDocumentError} @throws {DocumentOwnerError}
 */
export async function createFullTextRetriever(
  options: FullTextOptions = {},
): Promise<FullTextRetriever> {
  const { default: Index } = await importPeer('minisearch', () => import('minisearch'))
  const retriever = overIndex(new Index(OPTIONS), new Map())
  retriever.add(options.documents ?? [])
  return retriever
}

/**
 * Opens what `save` gave, without indexing again.
 *
 * @throws {SavedIndexError} when it is damaged or of another version
 */
export async function loadFullTextRetriever(json: string): Promise<FullTextRetriever> {
  const { default: Index } = await importPeer('minisearch', () => import('minisearch'))
  const saved = parseSaved(json)
  try {
    const documents = new Map(
      saved.documents.map((document) => [document.id, checkDocument(document)]),
    )
    const index = await Index.loadJSAsync<StoredDocument>(saved.index, OPTIONS)
    const whole = index.documentCount === documents.size
    if (!whole || ![...documents.keys()].every((id) => index.has(id))) {
      throw new SavedIndexError('does not fit its documents')
    }
    return overIndex(index, documents)
  } catch (cause) {
    if (cause instanceof SavedIndexError) throw cause
    throw new SavedIndexError('is damaged', { cause })
  }
}

function parseSaved(json: string): { documents: RagDocument[]; index: AsPlainObject } {
  let saved: { version?: unknown; documents?: unknown; index?: unknown } | null
  try {
    saved = JSON.parse(json)
  } catch (cause) {
    throw new SavedIndexError('is not JSON', { cause })
  }
  if (saved?.version !== SAVED_VERSION) {
    throw new SavedIndexError(`has version ${String(saved?.version)}, not ${SAVED_VERSION}`)
  }
  if (!Array.isArray(saved.documents) || typeof saved.index !== 'object' || saved.index === null) {
    throw new SavedIndexError('lacks documents or index')
  }
  return { documents: saved.documents, index: saved.index as AsPlainObject }
}

function overIndex(
  index: MiniSearch<StoredDocument>,
  documents: Map<string, StoredDocument>,
): FullTextRetriever {
  function remove(id: string): boolean {
    const document = documents.get(id)
    if (document === undefined) return false
    index.remove(document)
    return documents.delete(id)
  }

  return {
    get size() {
      return documents.size
    },
    add(added) {
      const checked = new Map<string, StoredDocument>()
      for (const given of added) {
        const document = checkDocument(given)
        checkOwner(checked.get(document.id) ?? documents.get(document.id), document)
        checked.set(document.id, document)
      }
      for (const document of checked.values()) {
        remove(document.id)
        documents.set(document.id, document)
        index.add(document)
      }
    },
    remove,
    save: () =>
      JSON.stringify({ version: SAVED_VERSION, documents: [...documents.values()], index }),
    async search(query, { limit, signal, ...asker }) {
      signal?.throwIfAborted()
      const terms = [...new Set(toTerms(query))].slice(0, MAX_QUERY_TERMS)
      if (terms.length === 0) return []
      const found = index.search(query as Query, {
        tokenize: () => terms,
        filter: ({ id }) => isVisible(documents.get(id)!, asker),
      })
      const [best] = found
      if (best === undefined) return []
      // Words have no absolute scale. The best one gets the share of the question's terms that it
      // answers, so that `minScore` can refuse what met one word of many; the rest follow from it.
      const share = best.queryTerms.length / terms.length
      return found
        .slice(0, limit)
        .map(({ id, score }) => toSnippet(documents.get(id)!, (score / best.score) * share))
    },
  }
}
