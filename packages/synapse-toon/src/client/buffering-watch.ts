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

export interface BufferingWatch {
  /** Bytes came. */
  came(now: number): void
  /** To be asked when the response has ended. @returns undefined where all is well */
  verdict(events: number): Buffered | undefined
}

/**
 * Recognises a proxy that buffers, from when the bytes of one response come.
 *
 * @param askedAt when the request was sent, by the clock
 */
export function createBufferingWatch(askedAt: number): BufferingWatch {
  let firstAt: number | undefined
  let lastAt = 0
  return {
    came(now) {
      firstAt ??= now
      lastAt = now
    },
    verdict(events) {
      const waited = (firstAt ?? askedAt) - askedAt
      if (waited < LATE_MS || events < MANY_EVENTS) return undefined
      if (lastAt - askedAt - waited > waited * BURST_SHARE) return undefined
      const cure =
        'switch off response buffering in the proxy, as nginx does by proxy_buffering off'
      return { waited, events, cure }
    },
  }
}
