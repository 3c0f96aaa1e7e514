import { SynapseToonError } from '../errors.ts'
import { InvalidDocumentError } from './errors.ts'
import { mayRead, unmetFilter } from './filters.ts'
import type { RagDocument, SearchOptions, Snippet } from './retriever.ts'

/** An id that another user's document has already: ids are unique across users. */
export class DocumentOwnerError extends SynapseToonError {
  constructor(id: string) {
    super(
      'ERR_SYNAPSE_RAG_DOCUMENT_OWNER',
      `document ${JSON.stringify(id)} is there already and belongs to somebody else; put the user's id into the document's id, or remove it first`,
    )
  }
}

/** A document as it is kept: our own copy, so that nobody changes its owner afterwards. */
export type StoredDocument = RagDocument & { readonly metadata: Readonly<Record<string, unknown>> }

/** @throws {InvalidDocumentError} names the field, its value and what it must be */
export function checkDocument(document: RagDocument): StoredDocument {
  if (typeof document !== 'object' || document === null) {
    throw new InvalidDocumentError('a document', 'an object like { id, text }', document)
  }
  const { id, text, title, source, userId, metadata } = document
  if (typeof id !== 'string' || id === '') {
    throw new InvalidDocumentError('id', 'a string that is not empty', id)
  }
  const field = (name: string) => `${name} of document ${JSON.stringify(id)}`
  if (typeof text !== 'string') throw new InvalidDocumentError(field('text'), 'a string', text)
  for (const [name, value] of Object.entries({ title, source })) {
    if (value === undefined || typeof value === 'string') continue
    throw new InvalidDocumentError(field(name), 'a string, or left out', value)
  }
  // A key that is there and undefined is somebody's missing session, not a public document.
  if (Object.hasOwn(document, 'userId') && (typeof userId !== 'string' || userId === '')) {
    const rule = 'a string that is not empty; leave the key out for a public document'
    throw new InvalidDocumentError(field('userId'), rule, userId)
  }
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null)) {
    throw new InvalidDocumentError(field('metadata'), 'an object, or left out', metadata)
  }
  return {
    id,
    text,
    ...(title !== undefined && { title }),
    ...(source !== undefined && { source }),
    ...(userId !== undefined && { userId }),
    metadata: { ...metadata },
  }
}

/** @throws {DocumentOwnerError} when `known` is not the same user's as `document` */
export function checkOwner(known: StoredDocument | undefined, document: StoredDocument): void {
  if (known !== undefined && known.userId !== document.userId) {
    throw new DocumentOwnerError(document.id)
  }
}

/** The one place where both built-in retrievers decide who sees what. */
export function isVisible(
  document: StoredDocument,
  { userId, filters }: Pick<SearchOptions, 'userId' | 'filters'>,
): boolean {
  return mayRead(document.userId, userId) && unmetFilter(document.metadata, filters) === undefined
}

export function toSnippet(document: StoredDocument, score: number): Snippet {
  return { ...document, score, metadata: { ...document.metadata } }
}
