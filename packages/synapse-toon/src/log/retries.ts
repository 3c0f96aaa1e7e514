import type { Clock } from '../time/clock.ts'

/** Waits between attempts, in ms: each twice the one before. */
const FIRST_MS = 50
const MAX_MS = 1_000

/** Attempts at a store that is away: one planned at a time, later each time, up to a bound. */
export class Retries {
  readonly #clock: Clock
  readonly #outageFor: number
  #awaySince: number | undefined
  #waitMs = FIRST_MS
  #cancel: (() => void) | undefined

  /** @param outageFor how long the store may be away, in ms */
  constructor(clock: Clock, outageFor: number) {
    this.#clock = clock
    this.#outageFor = outageFor
  }

  /** Whether the last attempt has failed. */
  get isAway(): boolean {
    return this.#awaySince !== undefined
  }

  /** Whether the next attempt waits for its time. */
  get isWaiting(): boolean {
    return this.#cancel !== undefined
  }

  /**
   * An attempt has failed: plans the next.
   *
   * @returns whether there is one: false once the store has been away for too long
   */
  plan(attempt: () => void): boolean {
    this.#awaySince ??= this.#clock.now()
    if (this.#clock.now() - this.#awaySince >= this.#outageFor) return false
    const run = () => {
      this.#cancel = undefined
      attempt()
    }
    this.#cancel = this.#clock.after(this.#waitMs, run, { keepAlive: false })
    this.#waitMs = Math.min(this.#waitMs * 2, MAX_MS)
    return true
  }

  /** An attempt has gone well. */
  reset(): void {
    this.#awaySince = undefined
    this.#waitMs = FIRST_MS
  }

  /** Gives up the planned attempt. */
  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
