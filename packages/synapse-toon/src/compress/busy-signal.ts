/** Share of the time that the event loop works, from which on it is the bottleneck. */
const BUSY_FROM = 0.95
/** It must fall below this again: between the two nothing changes, so that nothing flutters. */
const BUSY_UNTIL = 0.8
/** Looks in a row that must agree: a single long turn (a collection, a start) is no bottleneck. */
const LOOKS = 3

/**
 * Says whether the processor is the bottleneck, from how busy the event loop is. One for all streams;
 * the caller looks at regular times, for example once a second with
 * `performance.eventLoopUtilization`.
 */
export class BusySignal {
  /** For `CompressorOptions.isBusy`. */
  busy = false
  #agreeing = 0

  /** @param utilization share of the time since the last look that the loop worked, 0 to 1 */
  look(utilization: number): void {
    const disagrees = this.busy ? utilization < BUSY_UNTIL : utilization >= BUSY_FROM
    this.#agreeing = disagrees ? this.#agreeing + 1 : 0
    if (this.#agreeing < LOOKS) return
    this.busy = !this.busy
    this.#agreeing = 0
  }
}
