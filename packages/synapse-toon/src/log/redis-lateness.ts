/**
 * Whether calls reach Redis in time, told by its clock: not by when an answer is seen, since a busy
 * process sees it late. How far the two clocks are apart is not known, so calls are compared.
 */
export class RedisLateness {
  readonly #bound: number
  readonly #onLate: () => void
  /** Redis's clock when it ran a call, less ours when that went out: the least that was seen. */
  #ahead: number | undefined

  /** @param bound how much later than others a call may be, in ms */
  constructor(bound: number, onLate: () => void) {
    this.#bound = bound
    this.#onLate = onLate
  }

  /** @param now of Redis when it ran the call @param sentAt by our clock */
  heard(now: number, sentAt: number): void {
    const ahead = now - sentAt
    const best = this.#ahead ?? ahead
    const isLate = ahead - best > this.#bound
    if (isLate) this.#onLate()
    // Late, or a clock was set: this is the new measure, until one is better.
    this.#ahead = isLate ? ahead : Math.min(best, ahead)
  }

  /** Redis's time after which a call that goes out now is late. */
  latest(sentAt: number): number {
    if (this.#ahead === undefined) return Number.MAX_SAFE_INTEGER
    return Math.ceil(sentAt + this.#ahead + this.#bound)
  }
}
