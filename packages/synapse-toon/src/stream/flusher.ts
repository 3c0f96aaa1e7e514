/** Something that may have frames ready to be written. */
export interface Flushable {
  flush(): void
  /** `flush` threw. */
  onFlushError(error: unknown): void
}

/**
 * Flushes, in one pass at the end of the current turn of the event loop, everything that became
 * ready in it. So events that come together are written together, and a lone one waits for nothing.
 */
export class Flusher {
  #ready: Flushable[] = []
  #scheduled = false

  /** The caller sees to it that `target` is scheduled at most once until its `flush()` is called. */
  schedule(target: Flushable): void {
    this.#ready.push(target)
    if (this.#scheduled) return
    this.#scheduled = true
    // Node runs ticks when no promise job is left, so a source that had many chunks at hand has
    // yielded them all by then; and before any I/O, so nothing is held back.
    process.nextTick(this.#flushAll)
  }

  readonly #flushAll = (): void => {
    this.#scheduled = false
    const ready = this.#ready
    this.#ready = []
    for (const target of ready) {
      try {
        target.flush()
      } catch (error) {
        // One broken connection must not keep the others from their tokens.
        target.onFlushError(error)
      }
    }
  }
}
