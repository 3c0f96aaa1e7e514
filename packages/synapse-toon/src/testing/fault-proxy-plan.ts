import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { wholeNumber } from '../options/whole-number.ts'
import type { Fault } from './fault-proxy-fault.ts'
import type { SeededRandom } from './seeded-random.ts'

/**
 * What a connection is to suffer, said before its first byte.
 *
 * @param random of this connection alone: forked from the proxy's by `number`, so that a run can be
 *   replayed though connections come in another order of bytes
 * @param number 1 for the first connection
 */
export type FaultPlan = (random: SeededRandom, number: number) => readonly Fault[]

export interface FaultPlanOptions {
  /** Share of the connections that are cut, half of them in order and half by a reset. Default 0. */
  readonly cut?: number
  /** Share of those that stand still once, and go on by themselves. Default 0. */
  readonly stall?: number
  /** Share of those that are slow all the time. Default 0. */
  readonly throttle?: number
  /** Share of those that are late all the time. Default 0. */
  readonly delay?: number
  /** Cuts and stalls come after 1 to so many bytes of either direction. Default 10 000. */
  readonly withinBytes?: number
  /** Longest stall, in ms. Default 500. */
  readonly maxStallMs?: number
  /** Slowest throttle, in bytes per second; the fastest is ten times that. Default 20 000. */
  readonly minBytesPerSecond?: number
  /** Longest delay, in ms. Default 50. */
  readonly maxDelayMs?: number
}

const DEFAULTS = {
  cut: 0,
  stall: 0,
  throttle: 0,
  delay: 0,
  withinBytes: 10_000,
  maxStallMs: 500,
  minBytesPerSecond: 20_000,
  maxDelayMs: 50,
}

/** Options that are shares; the others are whole numbers from 1. */
const SHARES: readonly string[] = ['cut', 'stall', 'throttle', 'delay']

/**
 * A plan that draws its faults: hand it to `createFaultProxy({ plan })`.
 *
 * @throws {InvalidOptionError} names the option, its value and what it must be
 */
export function createFaultPlan(options: FaultPlanOptions): FaultPlan {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(DEFAULTS, name)) {
      const names = Object.keys(DEFAULTS).join(', ')
      throw new InvalidOptionError('an option of the plan', `one of ${names}`, name)
    }
    if (value === undefined) continue
    if (!SHARES.includes(name)) wholeNumber(name, value, 1, 2 ** 31 - 1, 'left out: the default')
    else if (!(value >= 0 && value <= 1)) {
      throw new InvalidOptionError(name, 'a share from 0 (none) to 1 (all)', value)
    }
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const all = { ...DEFAULTS, ...Object.fromEntries(given) }
  return (random) => {
    const place = () => ({
      after: random.between(1, all.withinBytes),
      of: random.pick(['up', 'down'] as const),
    })
    const faults: Fault[] = []
    if (random.chance(all.delay)) faults.push({ delay: random.between(1, all.maxDelayMs) })
    if (random.chance(all.throttle)) {
      const slowest = all.minBytesPerSecond
      faults.push({ throttle: random.between(slowest, 10 * slowest) })
    }
    if (random.chance(all.stall)) {
      faults.push({ stall: true, forMs: random.between(1, all.maxStallMs), ...place() })
    }
    if (random.chance(all.cut)) faults.push({ cut: random.pick(['fin', 'rst']), ...place() })
    return faults
  }
}
