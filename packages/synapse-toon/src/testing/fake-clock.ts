import type { Clock } from '../time/clock.ts'
import { nextTurn } from '../time/turn.ts'

export interface FakeClock extends Clock {
  /** Timers that wait. */
  readonly pending: number
  /**
   * Moves time on, and fires what falls due on the way, in order. Lets promises and I/O run after
   * each, as real time would.
   */
  advance(milliseconds: number): Promise<void>
}

interface Call {
  readonly at: number
  readonly run: () => void
}

/** A clock that stands still until it is told to move. Starts at 0. */
export function createFakeClock(): FakeClock {
  let now = 0
  const calls = new Set<Call>()

  function nextDue(until: number): Call | undefined {
    let first: Call | undefined
    for (const call of calls) {
      if (call.at <= until && (first === undefined || call.at < first.at)) first = call
    }
    return first
  }

  return {
    get pending() {
      return calls.size
    },
    now: () => now,
    after(milliseconds, run) {
      const call = { at: now + milliseconds, run }
      calls.add(call)
      return () => calls.delete(call)
    },
    async advance(milliseconds) {
      const until = now + milliseconds
      await nextTurn()
      for (let call = nextDue(until); call !== undefined; call = nextDue(until)) {
        calls.delete(call)
        now = Math.max(now, call.at)
        call.run()
        await nextTurn()
      }
      now = until
      await nextTurn()
    },
  }
}
