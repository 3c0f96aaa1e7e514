/** So late, in ms, that a server that streams would have said something before. */
const LATE_MS = 2000

/** So few events could well have been said at once. */
const MANY_EVENTS = 10

/** What was sent over the whole wait came within this part of it. */
const BURST_SHARE = 0.1

/** A response whose events all came at once, late. */
export interface Buffered {
  /** From the request to the first byte, in ms. */
  readonly waited: number
  readonly events: number
  readonly cure: string
}

/**
 * Recognises a proxy that buffers, from when the bytes of one response came.
 *
 * @param waited from the request to the first byte, in ms; 0 where none came
 * @param lasted from the first byte to the last, in ms
 * @returns undefined where all is well
 */
export function bufferedBy(waited: number, lasted: number, events: number): Buffered | undefined {
  const isBurst = waited >= LATE_MS && events >= MANY_EVENTS && lasted <= waited * BURST_SHARE
  const cure = 'switch off buffering in the proxy (nginx: proxy_buffering off)'
  return isBurst ? { waited, events, cure } : undefined
}
