/** What a filter compares: a field of a document's metadata is equal to it, type and all. */
export type FilterValue = string | number | boolean

/** Each field must be equal to the value, or to any one of them where an array is given. */
export type Filters = Readonly<Record<string, FilterValue | readonly FilterValue[]>>

/** What goes into a retriever. */
export interface RagDocument {
  /** Unique across all users, for example `docs/protocol.md#resume`. */
  readonly id: string
  readonly text: string
  /** Shown to the model, and weighs more than the text in a full-text search. */
  readonly title?: string
  /** Where it comes from, shown to the model: a path or an address. */
  readonly source?: string
  /** Its owner, the only one who gets it. Left out: the document is public. */
  readonly userId?: string
  /** For filters. Never shown to the model. */
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** What comes out: a document, or a part of one. */
export interface Snippet {
  readonly id: string
  readonly text: string
  /** 0 (nothing in common) to 1 (the best there can be); comparable within one result only. */
  readonly score: number
  readonly title?: string
  readonly source?: string
  /** The document's owner; left out for a public one. */
  readonly userId?: string
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface SearchOptions {
  /** Most snippets wanted, 1 or more. */
  readonly limit: number
  /** Who asks; `undefined` for somebody unknown. */
  readonly userId: string | undefined
  readonly filters: Filters
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds documents for a query. `retrieverContract` checks each of these clauses.
 *
 * - `search` MUST return only documents that are public or belong to `userId`; where `userId` is
 *   `undefined`, only public ones. User ids are compared whole and by case, and are data: no value
 *   of them may change the meaning of a query.
 * - `search` MUST return only documents whose metadata meet all `filters`. A document without the
 *   field does not meet it. `1` is not `'1'`.
 * - Both MUST hold before `limit` is applied: many documents of others never crowd out one's own.
 * - Snippets MUST carry the `userId` of their document, and the metadata that are filtered by, so
 *   that the caller can check again.
 * - It MUST return at most `limit` snippets, each document at most once, best first, with scores
 *   from 0 to 1.
 * - No query MUST be an error: one without words, or with signs of a query language, gives `[]` or
 *   what comes nearest.
 * - It MUST reject with `signal.reason` when the signal has fired before it is done.
 */
export interface Retriever {
  search(query: string, options: SearchOptions): Promise<readonly Snippet[]>
}
