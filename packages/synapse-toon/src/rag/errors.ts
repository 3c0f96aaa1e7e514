import { describeValue, SynapseToonError } from '../errors.ts'

/** A query that holds nothing to search for, or is no text. */
export class InvalidQueryError extends SynapseToonError {
  constructor(query: unknown) {
    super(
      'ERR_SYNAPSE_RAG_QUERY',
      `query must be a string with at least one visible character, got ${describeValue(query)}; answer without context instead`,
    )
  }
}

/** A document that cannot be indexed: a field is missing, or of a wrong type. */
export class InvalidDocumentError extends SynapseToonError {
  constructor(field: string, rule: string, value: unknown) {
    super('ERR_SYNAPSE_RAG_DOCUMENT', `${field} must be ${rule}, got ${describeValue(value)}`)
  }
}

/** A retriever that broke its contract in shape: no array, no text, a score that is none. */
export class RetrieverError extends SynapseToonError {
  constructor(field: string, rule: string, value: unknown) {
    super(
      'ERR_SYNAPSE_RAG_RETRIEVER',
      `${field} of the retriever's result must be ${rule}, got ${describeValue(value)}; run retrieverContract on it`,
    )
  }
}

/**
 * A retriever handed out what the asker must not see. Nothing of the result is used: a retriever
 * that forgets a filter once has forgotten it always. The text of the document is not in the message.
 */
export class DocumentLeakError extends SynapseToonError {
  constructor(id: string, why: string) {
    super(
      'ERR_SYNAPSE_RAG_LEAK',
      `the retriever returned document ${describeValue(id)}, ${why}; filter by userId and filters in its query`,
    )
  }
}

/** An `embed` function that gave something else than one usable vector for each text. */
export class EmbeddingError extends SynapseToonError {
  constructor(field: string, rule: string, value: unknown) {
    super('ERR_SYNAPSE_RAG_EMBEDDING', `${field} must be ${rule}, got ${describeValue(value)}`)
  }
}

/** A saved index that is damaged, or of a version this library does not read. */
export class SavedIndexError extends SynapseToonError {
  constructor(why: string, options?: ErrorOptions) {
    super(
      'ERR_SYNAPSE_RAG_SAVED_INDEX',
      `the saved index ${why}; build it again with createFullTextRetriever({ documents })`,
      options,
    )
  }
}
