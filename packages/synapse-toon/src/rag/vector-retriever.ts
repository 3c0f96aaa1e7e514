import { InvalidOptionError } from '../options/invalid-option-error.ts'
import {
  checkDocument,
  checkOwner,
  isVisible,
  type StoredDocument,
  toSnippet,
} from './document-store.ts'
import { EmbeddingError } from './errors.ts'
import type { RagDocument, Retriever } from './retriever.ts'
import { cosine, unitVector } from './unit-vector.ts'

/** Gives one vector for each text, in the same order, all of the same length. */
export type Embed = (
  texts: string[],
  options: { signal?: AbortSignal | undefined },
) => Promise<readonly ArrayLike<number>[]>

export interface VectorOptions {
  readonly embed: Embed
  /** What can be found. Default none; `add` takes more later. */
  readonly documents?: Iterable<RagDocument>
  /** Most texts in one call of `embed`; 1 switches batches off. Default 64. */
  readonly batchSize?: number
}

export interface VectorRetriever extends Retriever {
  readonly size: number
  /**
   * Embeds and adds documents; one with the id of a known document of the same user replaces it.
   * All or none.
   *
   * @throws {InvalidDocumentError} @throws {DocumentOwnerError} @throws {EmbeddingError}
   */
  add(documents: Iterable<RagDocument>): Promise<void>
  /** @returns whether there was one with this id */
  remove(id: string): boolean
}

const DEFAULT_BATCH_SIZE = 64

interface Entry {
  readonly document: StoredDocument
  readonly vector: Float32Array
}

/**
 * Finds documents by meaning: those whose vectors point where the query's does. Compares with every
 * visible document, in memory, which is quick up to some ten thousand of them; above that take a
 * database (docs/rag.md has examples).
 *
 * @throws {InvalidOptionError} and what `add` throws
 */
export async function createVectorRetriever(options: VectorOptions): Promise<VectorRetriever> {
  const { embed, batchSize = DEFAULT_BATCH_SIZE } = options
  if (typeof embed !== 'function') {
    throw new InvalidOptionError('embed', 'a function (texts) => Promise of vectors', embed)
  }
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new InvalidOptionError('batchSize', 'a whole number from 1 on (texts)', batchSize)
  }
  const entries = new Map<string, Entry>()
  /** Set by the first vector that is stored; another model's vectors would compare to nonsense. */
  let dimensions: number | undefined

  async function vectorsOf(texts: string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const vectors = await embed(texts, { signal })
    signal?.throwIfAborted()
    if (!Array.isArray(vectors) || vectors.length !== texts.length) {
      const got = Array.isArray(vectors) ? vectors.length : vectors
      throw new EmbeddingError('the result of embed', `an array of ${texts.length} vectors`, got)
    }
    return vectors.map((vector, i) => unitVector(`vector ${i} of embed`, vector, dimensions))
  }

  async function add(added: Iterable<RagDocument>): Promise<void> {
    const documents = Array.from(added, checkDocument)
    const fresh: Entry[] = []
    for (let start = 0; start < documents.length; start += batchSize) {
      const batch = documents.slice(start, start + batchSize)
      const vectors = await vectorsOf(batch.map(({ title, text }) => joined(title, text)))
      for (const [i, document] of batch.entries()) fresh.push({ document, vector: vectors[i]! })
    }
    // Checked after the last wait and before the first change: other calls of `add` ran meanwhile.
    const length = dimensions ?? fresh[0]?.vector.length
    const owners = new Map<string, StoredDocument>()
    for (const { document, vector } of fresh) {
      if (vector.length !== length) {
        const got = `${vector.length} numbers`
        throw new EmbeddingError('a vector of embed', `of ${length} numbers, as the others`, got)
      }
      checkOwner(owners.get(document.id) ?? entries.get(document.id)?.document, document)
      owners.set(document.id, document)
    }
    dimensions = length
    for (const entry of fresh) entries.set(entry.document.id, entry)
  }

  await add(options.documents ?? [])

  return {
    get size() {
      return entries.size
    },
    add,
    remove: (id) => entries.delete(id),
    async search(query, { limit, signal, ...asker }) {
      signal?.throwIfAborted()
      if (entries.size === 0) return []
      const [wanted] = await vectorsOf([query], signal)
      const found: { document: StoredDocument; score: number }[] = []
      for (const { document, vector } of entries.values()) {
        if (!isVisible(document, asker)) continue
        // Rounding can go above 1. What points elsewhere has nothing to do with the query.
        const score = Math.min(1, cosine(wanted!, vector))
        if (score > 0) found.push({ document, score })
      }
      found.sort((a, b) => b.score - a.score)
      return found.slice(0, limit).map(({ document, score }) => toSnippet(document, score))
    },
  }
}

function joined(title: string | undefined, text: string): string {
  return title === undefined ? text : `${title}\n\n${text}`
}
