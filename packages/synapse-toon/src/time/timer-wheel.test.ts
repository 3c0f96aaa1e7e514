import fc from 'fast-check'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import type { Clock } from './clock.ts'
import { TimerWheel, type WheelTimer } from './timer-wheel.ts'

/** The promise of the wheel, in ms: no timer fires later than this after its time. */
const SLOT_MS = 25

/** The same for a touched one: its time begins with the next look at the wheel. */
const TOUCHED_MS = 2 * SLOT_MS

/** One turn of the wheel, in ms. */
const TURN_MS = 512 * SLOT_MS

let clock: FakeClock
let wheel: TimerWheel

beforeEach(() => {
  clock = createFakeClock()
  wheel = new TimerWheel(clock)
})

/** A timer and its owner. */
interface Touchable extends WheelTimer {
  touch(): void
}

function setTouchable(on: TimerWheel, milliseconds: number, fire: () => void): Touchable {
  const owner = { touchedAt: -1, onDue: fire }
  const timer = on.set(milliseconds, owner)
  return {
    clear: () => timer.clear(),
    touch: () => {
      owner.touchedAt = on.looks
    },
  }
}

/** Sets a timer that writes down when it fires. */
function record(milliseconds: number): { timer: Touchable; firedAt: number[] } {
  const firedAt: number[] = []
  const timer = setTouchable(wheel, milliseconds, () => firedAt.push(clock.now()))
  return { timer, firedAt }
}

describe('TimerWheel', () => {
  it.each([0, 1, 24, 25, 26, 1000, TURN_MS - 1, TURN_MS, TURN_MS + 1, 5 * TURN_MS + 30])(
    'fires a timer of %i ms once, not before its time and at most one slot after it',
    async (milliseconds) => {
      const { firedAt } = record(milliseconds)
      await clock.advance(milliseconds + 3 * TURN_MS)
      expect(firedAt).toHaveLength(1)
      expect(firedAt[0]).toBeGreaterThanOrEqual(milliseconds)
      expect(firedAt[0]).toBeLessThanOrEqual(milliseconds + SLOT_MS)
    },
  )

  it('is as punctual for a timer set between two slot borders', async () => {
    await clock.advance(24)
    const first = record(1)
    const second = record(6)
    await clock.advance(200)
    expect(first.firedAt[0]).toBeLessThanOrEqual(25 + SLOT_MS)
    expect(second.firedAt[0]).toBeLessThanOrEqual(30 + SLOT_MS)
  })

  it('is as punctual for a timer set after the wheel stood still for long', async () => {
    record(10)
    await clock.advance(7 * TURN_MS + 13)
    const { firedAt } = record(60)
    const setAt = clock.now()
    await clock.advance(1000)
    expect(firedAt[0]).toBeGreaterThanOrEqual(setAt + 60)
    expect(firedAt[0]).toBeLessThanOrEqual(setAt + 60 + SLOT_MS)
  })

  it('starts the time of a touched timer anew, as often as it is touched', async () => {
    const { timer, firedAt } = record(100)
    for (let touched = 0; touched < 20; touched++) {
      await clock.advance(90)
      timer.touch()
    }
    expect(firedAt).toEqual([])
    await clock.advance(500)
    expect(firedAt).toHaveLength(1)
    expect(firedAt[0]).toBeGreaterThanOrEqual(20 * 90 + 100)
    expect(firedAt[0]).toBeLessThanOrEqual(20 * 90 + 100 + TOUCHED_MS)
  })

  it('leaves a timer in its slot that is looked at one turn of the wheel before its time', async () => {
    // In the slot of 25 ms, as every timer of one turn and 25 ms is.
    const { timer, firedAt } = record(TURN_MS)
    await clock.advance(25)
    timer.touch()
    await clock.advance(3 * TURN_MS)
    expect(firedAt).toHaveLength(1)
    expect(firedAt[0]).toBeGreaterThanOrEqual(TURN_MS + 25)
    expect(firedAt[0]).toBeLessThanOrEqual(TURN_MS + 25 + TOUCHED_MS)
  })

  it('never fires a cleared timer, and clearing twice or too late does nothing', async () => {
    const cleared = record(50)
    const other = record(50)
    cleared.timer.clear()
    cleared.timer.clear()
    await clock.advance(100)
    other.timer.clear()
    other.timer.touch()
    await clock.advance(TURN_MS)
    expect(cleared.firedAt).toEqual([])
    expect(other.firedAt).toHaveLength(1)
    expect(wheel.size).toBe(0)
  })

  it('does not fire a timer that another one clears in the same slot', async () => {
    const late = vi.fn()
    wheel.set(50, () => victim.clear())
    const victim = wheel.set(50, late)
    await clock.advance(TURN_MS)
    expect(late).not.toHaveBeenCalled()
    expect(wheel.size).toBe(0)
  })

  it('does not yet fire a timer that another one touches in the same slot', async () => {
    wheel.set(50, () => touched.timer.touch())
    const touched = record(50)
    await clock.advance(75)
    expect(touched.firedAt).toEqual([])
    await clock.advance(100)
    expect(touched.firedAt).toHaveLength(1)
  })

  it('takes a timer that is set while another one fires', async () => {
    const second = vi.fn()
    wheel.set(50, () => wheel.set(0, second))
    await clock.advance(100)
    expect(second).toHaveBeenCalledOnce()
    expect(wheel.size).toBe(0)
  })

  it('counts the timers that wait', async () => {
    const first = record(10)
    record(20)
    record(TURN_MS)
    expect(wheel.size).toBe(3)
    first.timer.clear()
    expect(wheel.size).toBe(2)
    await clock.advance(100)
    expect(wheel.size).toBe(1)
  })

  it('runs one timeout of the clock for all its timers, and none when it is empty', async () => {
    expect(clock.pending).toBe(0)
    const timers = Array.from({ length: 100 }, (_, index) => record(index * 100))
    expect(clock.pending).toBe(1)
    await clock.advance(1000)
    expect(clock.pending).toBe(1)
    for (const { timer } of timers) timer.clear()
    expect(clock.pending).toBe(0)
    record(30)
    await clock.advance(100)
    expect(clock.pending).toBe(0)
  })

  it('fires every timer at once after a stall of the process over several turns of the wheel', async () => {
    const { stallable, stall } = withStalls(clock)
    wheel = new TimerWheel(stallable)
    const fired: number[] = []
    for (const ms of [10, 5000, TURN_MS, 2 * TURN_MS]) wheel.set(ms, () => fired.push(ms))
    wheel.set(9 * TURN_MS, () => fired.push(-1))
    stall(4 * TURN_MS)
    await clock.advance(SLOT_MS)
    expect(fired.toSorted((a, b) => a - b)).toEqual([10, 5000, TURN_MS, 2 * TURN_MS])
    expect(wheel.size).toBe(1)
  })
})

/** A clock that can also jump, as for a process that was stopped: nothing fires on the way. */
function withStalls(base: FakeClock): { stallable: Clock; stall: (milliseconds: number) => void } {
  let stalled = 0
  const stall = (milliseconds: number) => {
    stalled += milliseconds
  }
  return { stallable: { now: () => base.now() + stalled, after: base.after }, stall }
}

const durations = fc.oneof(
  fc.integer({ min: 0, max: 200 }),
  fc.integer({ min: 0, max: 2000 }),
  // Around the places where a slot of this turn and one of the next share an index.
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -60, max: 60 }))
    .map(([turns, off]) => turns * TURN_MS + off),
)

type Step =
  | {
      readonly do: 'set'
      readonly ms: number
      readonly thenClear?: number
      readonly thenSet?: number
    }
  | { readonly do: 'touch'; readonly index: number }
  | { readonly do: 'clear'; readonly index: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'stall'; readonly ms: number }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record(
      {
        do: fc.constant('set' as const),
        ms: durations,
        thenClear: fc.nat(30),
        thenSet: fc.integer({ min: 0, max: 400 }),
      },
      { requiredKeys: ['do', 'ms'] },
    ),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('touch' as const), index: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), index: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: durations }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('stall' as const),
      ms: fc.integer({ min: 0, max: 5 * TURN_MS }),
    }),
  },
)

interface Entry {
  readonly ms: number
  readonly timer: Touchable
  dueAt: number
  alive: boolean
  /** By the clock without stalls. Undefined: never. */
  touchedAt: number | undefined
  /** How much later than others a touched one may be: until the wheel is looked at. */
  slack: number
}

describe('TimerWheel beside a list of times', () => {
  it('fires what the list says, when it says, whatever is set, touched, cleared and stalled', async () => {
    const run = async (script: readonly Step[]) => {
      const base = createFakeClock()
      const { stallable, stall } = withStalls(base)
      const tested = new TimerWheel(stallable)
      const model: Entry[] = []
      let stallEnd = 0
      let early = 0
      let late = 0
      const latest = ({ dueAt, slack }: Entry) => Math.max(dueAt + slack, stallEnd) + SLOT_MS

      const clear = (index: number) => {
        const entry = model[index % Math.max(1, model.length)]
        if (entry === undefined) return
        entry.timer.clear()
        entry.alive = false
      }
      const add = (ms: number, then: () => void = () => {}) => {
        const timer = setTouchable(tested, ms, () => {
          const now = stallable.now()
          if (!entry.alive || now < entry.dueAt) early++
          if (now > latest(entry)) late++
          entry.alive = false
          then()
        })
        const dueAt = stallable.now() + ms
        const entry: Entry = { ms, dueAt, alive: true, timer, touchedAt: undefined, slack: 0 }
        model.push(entry)
      }

      for (const step of script) {
        if (step.do === 'set') {
          add(step.ms, () => {
            if (step.thenClear !== undefined) clear(step.thenClear)
            if (step.thenSet !== undefined) add(step.thenSet)
          })
        } else if (step.do === 'touch') {
          const entry = model[step.index % Math.max(1, model.length)]
          entry?.timer.touch()
          if (entry?.alive) {
            entry.touchedAt = base.now()
            entry.dueAt = stallable.now() + entry.ms
            entry.slack = SLOT_MS
          }
        } else if (step.do === 'clear') clear(step.index)
        else if (step.do === 'advance') await base.advance(step.ms)
        else {
          // The wheel is woken by the clock without stalls: two of them may come before one look.
          const lastLook = base.now() - SLOT_MS
          for (const entry of model) {
            if (entry.touchedAt !== undefined && entry.touchedAt >= lastLook) entry.slack += step.ms
          }
          stall(step.ms)
          stallEnd = stallable.now()
        }
        const alive = model.filter((entry) => entry.alive)
        expect(tested.size).toBe(alive.length)
        expect(alive.filter((entry) => latest(entry) < stallable.now())).toEqual([])
        expect(base.pending).toBe(alive.length === 0 ? 0 : 1)
      }
      expect({ early, late }).toEqual({ early: 0, late: 0 })
    }
    // Two stalls before the wheel is looked at.
    const stalls = [26, 23].map((ms): Step => ({ do: 'stall', ms }))
    await run([
      { do: 'set', ms: 1 },
      { do: 'touch', index: 0 },
      ...stalls,
      { do: 'advance', ms: 29 },
    ])
    await fc.assert(fc.asyncProperty(fc.array(steps, { maxLength: 40 }), run), { numRuns: 150 })
  })
})
