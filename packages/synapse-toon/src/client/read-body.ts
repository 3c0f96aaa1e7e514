/** Bytes handed on at once: a read may bring a megabyte, and its reader looks for room in between. */
const SLICE = 16_384

/**
 * Reads a body to its end, or until `take` gives a value. Nothing is read ahead of `take`. The body is
 * let go of on every way out.
 *
 * @param take gets bytes that are valid until it settles
 * @param wait called when bytes are waited for; what it gives, when they came or never will
 * @returns what `take` gave; undefined when the body ended in order. Rejects when it broke, and with the
 *   signal's reason when that fired
 */
export async function readBody<T>(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  take: (bytes: Uint8Array) => T | undefined | Promise<T | undefined>,
  wait?: () => () => void,
): Promise<T | undefined> {
  const reader = body.getReader()
  // Not left to `fetch` alone: a `fetch` of someone else's may not know the signal.
  const leave = () => void reader.cancel(signal.reason).catch(() => {})
  signal.addEventListener('abort', leave)
  try {
    while (true) {
      signal.throwIfAborted()
      const came = wait?.()
      const { done, value } = await reader.read().finally(came)
      signal.throwIfAborted()
      if (done) return undefined
      for (let at = 0; at < value.length; at += SLICE) {
        const result = await take(value.subarray(at, at + SLICE))
        if (result !== undefined) return result
      }
    }
  } finally {
    signal.removeEventListener('abort', leave)
    leave()
  }
}
