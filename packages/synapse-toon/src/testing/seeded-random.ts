import { InvalidOptionError } from '../options/invalid-option-error.ts'

/** Random choices that can be made again: the same seed gives the same ones, in the same order. */
export interface SeededRandom {
  /** Print it when a run fails: it is all that is needed to run it again. */
  readonly seed: number
  /** From 0 up to, and not including, 1: what `Math.random` gives. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number
  /** True with a probability of `share`: 0 never, 1 always. */
  chance(share: number): boolean
  /** @throws {InvalidOptionError} when there is nothing to choose from */
  pick<Item>(items: readonly Item[]): Item
  /**
   * A sequence of its own for a part of the run. It depends on seed and label only, not on how much
   * was drawn before: so one client's choices stay the same whatever the others did meanwhile.
   */
  fork(label: number | string): SeededRandom
}

const VALUES = 2 ** 32

/** The golden ratio of 2^32: adding it again and again visits every 32-bit number once. */
const STEP = 0x9e3779b9

/**
 * A small generator for tests: a counter whose bits are mixed. Not for secrets.
 *
 * @param seed 0 to 2^32 - 1. Default: one that nobody chose, to be read from `seed`.
 * @throws {InvalidOptionError} for another seed
 */
export function createSeededRandom(
  seed: number = Math.floor(Math.random() * VALUES),
): SeededRandom {
  if (!Number.isInteger(seed) || seed < 0 || seed >= VALUES) {
    throw new InvalidOptionError('seed', `a whole number from 0 to ${VALUES - 1}`, seed)
  }
  let counter = seed
  const next = () => {
    counter = (counter + STEP) >>> 0
    return mix(counter) / VALUES
  }
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  return {
    seed,
    next,
    between,
    chance: (share) => next() < share,
    pick(items) {
      if (items.length === 0) throw new InvalidOptionError('items', 'a list of one or more', items)
      return items[between(0, items.length - 1)]!
    },
    fork(label) {
      let forked = mix(seed ^ STEP)
      for (const character of `${label}`) forked = mix(forked ^ character.codePointAt(0)!)
      return createSeededRandom(forked)
    },
  }
}

/** The last step of MurmurHash3 (32 bits): each bit of the input turns about half of the output. */
function mix(value: number): number {
  let bits = value ^ (value >>> 16)
  bits = Math.imul(bits, 0x85ebca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
