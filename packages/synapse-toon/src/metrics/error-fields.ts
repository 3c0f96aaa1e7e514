/** What logs and spans say of a failure. */
export interface ErrorFields {
  readonly name: string
  readonly message: string
  readonly code?: string | number
}

/** Longest message repeated, in characters: some upstreams put a whole request into theirs. */
const MESSAGE_CHARACTERS = 500

/**
 * Name, message and code of anything that was thrown. Nothing else of it: SDKs hang requests,
 * headers and answers on their errors.
 */
export function errorFields(error: unknown): ErrorFields | undefined {
  if (error === undefined) return undefined
  if (typeof error !== 'object' || error === null) {
    return { name: typeof error, message: clip(String(error)) }
  }
  const { name, message, code } = error as { name?: unknown; message?: unknown; code?: unknown }
  return {
    name: typeof name === 'string' ? name : (error.constructor?.name ?? 'object'),
    message: typeof message === 'string' ? clip(message) : 'no message',
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  }
}

function clip(text: string): string {
  return text.length > MESSAGE_CHARACTERS ? `${text.slice(0, MESSAGE_CHARACTERS)}…` : text
}
