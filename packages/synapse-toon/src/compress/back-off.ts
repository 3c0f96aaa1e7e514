/**
 * `active`: text is compressed. `stored-no-gain`: it is sent as it is, because it came out hardly
 * smaller. `stored-busy`: the same, because the processor is the bottleneck.
 */
export const COMPRESSION_STATES = ['active', 'stored-no-gain', 'stored-busy'] as const
export type CompressionState = (typeof COMPRESSION_STATES)[number]

/** Bytes of text after which it is looked at what compression has saved. */
const TRIAL_BYTES = 16 * 1024
/**
 * A flush counts as at most so many bytes: one image between tokens says nothing of the tokens, and
 * does not end a rest.
 */
const FLUSH_BYTES = 1024
/** Share of the text that must be saved to go on: of base64 it is a quarter, of tokens nine tenths. */
const LEAST_GAIN = 1 / 3
/** Bytes of text that are sent as they are before the next trial, at first and at most. */
const FIRST_REST_BYTES = 64 * 1024
const LONGEST_REST_BYTES = 1024 * 1024

/**
 * Decides for one stream whether compression pays. Counts bytes and asks whether the processor is
 * busy; knows no clock.
 *
 * `active` → `stored-no-gain` when a trial saved too little; back after a rest, which doubles as
 * long as trials fail. Any → `stored-busy` while the processor is busy, and back to where it was.
 */
export class BackOff {
  readonly #isBusy: () => boolean
  #busy = false
  #resting = false
  /** Bytes since the trial or the rest began. */
  #taken = 0
  #given = 0
  #restBytes = FIRST_REST_BYTES

  /** @param isBusy asked before each flush: a field that someone else sets, not a measurement */
  constructor(isBusy: () => boolean) {
    this.#isBusy = isBusy
  }

  get state(): CompressionState {
    if (this.#busy) return 'stored-busy'
    return this.#resting ? 'stored-no-gain' : 'active'
  }

  /** Whether the next text is to be compressed. */
  next(): boolean {
    this.#busy = this.#isBusy()
    return !this.#busy && !this.#resting
  }

  /** Counts what came of it. */
  count(taken: number, given: number): void {
    // Says nothing of what compression would have saved, and the rest is not over sooner.
    if (this.#busy || taken === 0) return
    const isLarge = taken > FLUSH_BYTES
    this.#taken += isLarge ? FLUSH_BYTES : taken
    this.#given += isLarge ? Math.round((given * FLUSH_BYTES) / taken) : given
    if (this.#resting) this.#endRest()
    else this.#endTrial()
  }

  #endTrial(): void {
    if (this.#taken < TRIAL_BYTES) return
    if (this.#given > this.#taken * (1 - LEAST_GAIN)) this.#resting = true
    else this.#restBytes = FIRST_REST_BYTES
    this.#restart()
  }

  #endRest(): void {
    if (this.#taken < this.#restBytes) return
    this.#resting = false
    this.#restBytes = Math.min(2 * this.#restBytes, LONGEST_REST_BYTES)
    this.#restart()
  }

  #restart(): void {
    this.#taken = 0
    this.#given = 0
  }
}
