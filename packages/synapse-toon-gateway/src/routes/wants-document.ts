/** Whole answers, as the library sends them. */
const DOCUMENTS: readonly string[] = ['application/json', 'application/x-synapse-toon']

/**
 * Whether a client asks for a document rather than for a stream: it names one, and does not name
 * `text/event-stream`.
 *
 * @param accept header value; undefined accepts everything, and so a stream
 */
export function wantsDocument(accept: string | undefined): boolean {
  const types = (accept ?? '').split(',').filter(isAllowed).map(typeOf)
  return types.some((type) => DOCUMENTS.includes(type)) && !types.includes('text/event-stream')
}

function typeOf(range: string): string {
  return range.split(';', 1)[0]!.trim().toLowerCase()
}

/** [RFC 9110 §12.4.2] a quality of 0 is a refusal. */
function isAllowed(range: string): boolean {
  return !/;\s*q=0(\.0*)?\s*(;|$)/i.test(range)
}
