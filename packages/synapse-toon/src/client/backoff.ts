/** How to come back after a loss. */
export interface ReconnectOptions {
  /** First wait, in ms. Default 250; 3000 for a plain event stream without `terminal`, as in browsers. */
  readonly initial: number
  /** Each further wait in a row is this much longer. 1: all alike. Default 2. */
  readonly factor: number
  /** Longest wait that this client chooses, in ms; a server may ask for more. Default 15 000. */
  readonly max: number
  /** Part of a wait that is left to chance, so that not all clients come at once. 0: none. Default 0.5. */
  readonly jitter: number
  /**
   * Most attempts in a row that bring no event. 0: never comes back. Default 10; without limit for a
   * plain event stream without `terminal` once it was open, as in browsers.
   */
  readonly maxAttempts: number
}

/** Longest wait that a server can ask for, in ms: five minutes, so that a reader never hangs. */
export const LONGEST_WAIT_MS = 300_000

/**
 * How long to wait before the next attempt, in ms.
 *
 * @param so.failures attempts in a row that brought nothing, from 1
 * @param so.retry the server's own reconnection time, which takes the place of `initial`
 * @param random from 0 to 1
 * @param usual default of `initial`
 */
export function backoffDelay(
  so: { readonly failures: number; readonly retry: number | undefined },
  options: Partial<ReconnectOptions>,
  random: number,
  usual: number,
): number {
  const { initial = usual, factor = 2, max = 15_000, jitter = 0.5 } = options
  const { failures, retry } = so
  const grown = Math.min(max, initial * factor ** (failures - 1)) * (1 - jitter * random)
  if (retry === undefined) return grown
  // A server that says when to come back is held to it; only in a row of failures we wait longer.
  return Math.max(Math.min(retry, LONGEST_WAIT_MS), failures > 1 ? grown : 0)
}
