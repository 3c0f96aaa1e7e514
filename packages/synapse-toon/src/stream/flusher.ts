/** Something that may have frames ready to be written. */
export interface Flushable {
  /** The flusher's own: the last turn in which it waits for the turn's end. 0 at first. */
  waitsUntil: number
  flush(): void
  /** `flush` threw. */
  onFlushError(error: unknown): void
}

/**
 * Those that may wait for each other within a turn. With more, the first would wait for what is done
 * for all that were woken with them; and they would be out of the processor's cache when they are
 * flushed.
 */
const LOT = 8

/**
 * How long one that had more to write in one turn is flushed at the end only. Turns are counted in twos,
 * and this is odd: so that what it has been added to is no turn's own number.
 */
const PATIENCE = 2 * 64 - 1

/**
 * Flushes, at the end of the current turn of the event loop, everything that became ready in it. So
 * events that come together are written together, and a lone one waits for nothing. Where many become
 * ready in one turn, they are flushed lot by lot before it ends; but none twice, so that what comes
 * together is one write all the same.
 */
export class Flusher {
  /** Flushed as soon as there are enough of them. */
  #lot: Flushable[] = []
  /** Flushed at the end of the turn. */
  #last: Flushable[] = []
  #turn = 2
  #scheduled = false

  /** The caller sees to it that `target` is scheduled at most once until its `flush()` is called. */
  schedule(target: Flushable): void {
    if (target.waitsUntil < this.#turn) {
      // Before it is added: whoever schedules is in the middle of something.
      if (this.#lot.length === LOT) this.#flushLot()
      target.waitsUntil = this.#turn
      this.#lot.push(target)
    } else {
      // The second time in one turn: it may come in bursts.
      if (target.waitsUntil === this.#turn) target.waitsUntil += PATIENCE
      this.#last.push(target)
    }
    if (this.#scheduled) return
    this.#scheduled = true
    // Node runs ticks when no promise job is left, so a source that had many chunks at hand has
    // yielded them all by then; and before any I/O, so nothing is held back.
    process.nextTick(this.#flushAll)
  }

  readonly #flushAll = (): void => {
    this.#scheduled = false
    this.#turn += 2
    this.#flushLot()
    const last = this.#last
    if (last.length === 0) return
    this.#last = []
    flush(last)
  }

  #flushLot(): void {
    const lot = this.#lot
    this.#lot = []
    flush(lot)
  }
}

function flush(targets: readonly Flushable[]): void {
  for (const target of targets) {
    try {
      target.flush()
    } catch (error) {
      // One broken connection must not keep the others from their tokens.
      target.onFlushError(error)
    }
  }
}
