import type { Clock } from '../time/clock.ts'

/** What is saved up while nothing passes, in ms of the rate: more would come out as a burst. */
const SAVED_MS = 20

/** A number of bytes per second: from its start until any later time, no more are taken than that. */
export class ByteRate {
  readonly #perMs: number
  readonly #clock: Clock
  /** Bytes that may pass; a fraction adds up over time. */
  #free = 0
  #lookedAt: number

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#perMs = bytesPerSecond / 1000
    this.#clock = clock
    this.#lookedAt = clock.now()
  }

  /** @returns how many of `wanted` bytes may pass now; they count as passed */
  take(wanted: number): number {
    const now = this.#clock.now()
    this.#free = Math.min(this.#most, this.#free + (now - this.#lookedAt) * this.#perMs)
    this.#lookedAt = now
    const taken = Math.min(wanted, Math.floor(this.#free))
    this.#free -= taken
    return taken
  }

  /** Time until there is something worth waking up for, in ms, at least 1. */
  waitMs(wanted: number): number {
    const enough = Math.min(wanted, Math.floor(this.#most))
    return Math.max(1, Math.ceil((enough - this.#free) / this.#perMs))
  }

  get #most(): number {
    return Math.max(1, SAVED_MS * this.#perMs)
  }
}
