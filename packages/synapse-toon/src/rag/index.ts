/** `synapse-toon/rag`: what a model should know before it answers, within a budget of tokens. */
export { MissingPeerError } from '../import-peer.ts'
export type { Asker } from './asker.ts'
export type { Summarize } from './build-context.ts'
export { type CallOptions, createRag, type Rag } from './create-rag.ts'
export { DocumentOwnerError } from './document-store.ts'
export {
  DocumentLeakError,
  EmbeddingError,
  InvalidDocumentError,
  InvalidQueryError,
  RetrieverError,
  SavedIndexError,
} from './errors.ts'
export {
  createFullTextRetriever,
  type FullTextOptions,
  type FullTextRetriever,
  loadFullTextRetriever,
} from './full-text-retriever.ts'
export {
  type MarkdownOptions,
  markdownDocuments,
  readMarkdownFolder,
} from './markdown-documents.ts'
export type { RagOptions } from './rag-options.ts'
export type {
  Filters,
  FilterValue,
  RagDocument,
  Retriever,
  SearchOptions,
  Snippet,
} from './retriever.ts'
export { countTokens } from './tokens.ts'
export {
  createVectorRetriever,
  type Embed,
  type VectorOptions,
  type VectorRetriever,
} from './vector-retriever.ts'
