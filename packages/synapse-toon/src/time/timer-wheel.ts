import type { Clock } from './clock.ts'

/**
 * Width of a slot, in ms: every timer fires at most this late, a touched one at most twice this.
 * Deadlines and heartbeats are seconds; a finer wheel would only wake an idle process more often.
 */
const SLOT_MS = 25

/** A power of two, so that a slot is found by a mask: one turn of the wheel takes 12.8 s. */
const SLOTS = 512

/** One timer on the wheel. */
export interface WheelTimer {
  clear(): void
}

/**
 * Whose one timer it is. Writes `looks` of the wheel to `touchedAt` to start the time of its timer
 * anew: neither the time nor the timer is asked, so that is fit to be done for every chunk.
 */
export interface TimerOwner {
  /** Before the first time: -1. */
  readonly touchedAt: number
  /** The time is over. */
  onDue(): void
}

/**
 * All deadlines and heartbeats of a process, on one timeout that runs only while there are any.
 *
 * Timers live in the slot of the time they were last looked at, not of the time they are due: a
 * touched timer is found early, and moved on. And its time begins with the first look at the wheel
 * after it was touched, which is what its owner has written down: each timer is found once in a turn
 * of the wheel, and the times of so many looks are known. So an idle deadline that is touched by every
 * chunk costs one number that is written per chunk, instead of a cancelled and a new timeout.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #slots: Set<Timer>[] = Array.from({ length: SLOTS }, () => new Set())
  /** How often it was looked at. */
  looks = 0
  /** When: of the newest `SLOTS` looks. */
  readonly #lookedAt = new Float64Array(SLOTS)
  #size = 0
  /** The slot that was looked at last, counted from time 0. */
  #tick = 0
  #cancelTimeout: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Timers that wait, for tests of release. */
  get size(): number {
    return this.#size
  }

  /**
   * Calls a function, or `onDue` of an owner, once: `milliseconds` from now, unless touched by the
   * owner or cleared.
   */
  set(milliseconds: number, called: (() => void) | TimerOwner): WheelTimer {
    const timer = new Timer(this, milliseconds, called)
    if (this.#size === 0) this.#tick = slotOf(this.now())
    this.#insert(timer)
    this.#size++
    this.#arm()
    return timer
  }

  #insert(timer: Timer): void {
    // Never into the slot that was just looked at: it would wait a whole turn.
    const due = Math.max(slotOf(timer.dueAt) + 1, this.#tick + 1)
    timer.slot = this.#slots[due & (SLOTS - 1)]!
    timer.slot.add(timer)
  }

  #move(timer: Timer): void {
    timer.slot!.delete(timer)
    this.#insert(timer)
  }

  /** For its timers, as `remove` is: one that holds the wheel needs no closure of its own. */
  now(): number {
    return this.#clock.now()
  }

  /** @param look that came before, at most a turn of the wheel ago; not the newest */
  timeAfter(look: number): number {
    return this.#lookedAt[(look + 1) & (SLOTS - 1)]!
  }

  remove(timer: Timer): void {
    if (!timer.slot?.delete(timer)) return
    timer.slot = undefined
    this.#size--
    if (this.#size === 0) this.#disarm()
  }

  #arm(): void {
    // To the next border between two slots: a timeout that ran across them would look at a slot up
    // to a whole slot after its end.
    const untilBorder = Math.ceil(SLOT_MS - (this.#clock.now() % SLOT_MS))
    this.#cancelTimeout ??= this.#clock.after(untilBorder, () => this.#turn())
  }

  #disarm(): void {
    this.#cancelTimeout?.()
    this.#cancelTimeout = undefined
  }

  #turn(): void {
    this.#cancelTimeout = undefined
    const now = this.#clock.now()
    this.looks++
    this.#lookedAt[this.looks & (SLOTS - 1)] = now
    const target = slotOf(now)
    const due: Timer[] = []
    // After a long stall of the process one full turn sees every slot.
    const first = Math.max(this.#tick + 1, target - SLOTS + 1)
    this.#tick = target
    for (let tick = first; tick <= target; tick++) {
      for (const timer of this.#slots[tick & (SLOTS - 1)]!) {
        timer.renew(now)
        if (timer.dueAt <= now) due.push(timer)
        else if (slotOf(timer.dueAt) + 1 < tick + SLOTS) {
          // Touched since: on to its new slot. A timer of a later turn of the wheel just stays,
          // as does one whose new slot is this one: put back here, it would be met again at once.
          this.#move(timer)
        }
      }
    }
    for (const timer of due) {
      // One that fired before may have cleared this one, or touched it: on to its new slot.
      if (timer.slot === undefined) continue
      timer.renew(now)
      if (timer.dueAt > now) {
        this.#move(timer)
        continue
      }
      this.remove(timer)
      try {
        timer.fire()
      } catch (error) {
        // Seen like any error in a timer, but not at the cost of the timers beside it.
        queueMicrotask(() => {
          throw error
        })
      }
    }
    if (this.#size > 0) this.#arm()
  }
}

class Timer implements WheelTimer {
  slot: Set<Timer> | undefined
  dueAt: number
  readonly #called: (() => void) | TimerOwner
  readonly #wheel: TimerWheel
  readonly #milliseconds: number
  /** What its owner had written when its time last began. */
  #seen: number

  constructor(wheel: TimerWheel, milliseconds: number, called: (() => void) | TimerOwner) {
    this.#wheel = wheel
    this.#milliseconds = milliseconds
    this.#called = called
    this.#seen = wheel.looks - 1
    this.dueAt = wheel.now() + milliseconds
  }

  /** Starts its time anew, where it was touched. */
  renew(now: number): void {
    const called = this.#called
    if (typeof called === 'function' || called.touchedAt <= this.#seen) return
    const { touchedAt } = called
    const wheel = this.#wheel
    if (touchedAt === wheel.looks) {
      // By a timer that fired right now. It may be touched again before the next look: not seen yet.
      this.dueAt = now + this.#milliseconds
      return
    }
    this.#seen = touchedAt
    this.dueAt = wheel.timeAfter(touchedAt) + this.#milliseconds
  }

  fire(): void {
    const called = this.#called
    if (typeof called === 'function') called()
    else called.onDue()
  }

  clear(): void {
    this.#wheel.remove(this)
  }
}

function slotOf(time: number): number {
  return Math.floor(time / SLOT_MS)
}
