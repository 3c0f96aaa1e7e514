interface Waiter {
  readonly seq: number
  readonly wake: () => void
}

/** Who waits for what to be stored, in order. */
export class FlushWaiters {
  /** Rising positions: nobody waits for one before the last that was appended. */
  readonly #waiters: Waiter[] = []

  /** Settles once everything up to `seq` is stored, or never will be. */
  wait(seq: number): Promise<void> {
    return new Promise((wake) => this.#waiters.push({ seq, wake }))
  }

  /** Everything up to `seq` is stored, or given up. */
  wake(seq: number): void {
    const waiters = this.#waiters
    while (waiters.length > 0 && waiters[0]!.seq <= seq) waiters.shift()!.wake()
  }
}
