/** Time as a parameter, so that tests need no sleeping. All times in ms. */
export interface Clock {
  /** Monotonic; only differences mean anything. */
  now(): number
  /** @returns a function that cancels the call; calling it late or twice does nothing */
  after(milliseconds: number, run: () => void, options?: { keepAlive?: boolean }): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run, options) {
    const timer = setTimeout(run, milliseconds)
    // Node only: where a timer is a number, nothing keeps the process alive anyway.
    if (options?.keepAlive === false && typeof timer === 'object') timer.unref()
    return () => clearTimeout(timer)
  },
}
