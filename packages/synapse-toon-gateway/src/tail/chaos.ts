import type { Clock } from 'synapse-toon'

/** A random choice from 0 up to 1, that can be made again. */
export interface Choices {
  readonly seed: number
  next(): number
}

/** Cuts a line now and then, to show that nothing is lost by it. */
export interface Chaos {
  /** A line is asked for, or was lost: there is nothing to cut. */
  asked(): void
  /** Bytes came: a line that was never of use is not cut, so that each brings something. */
  came(): void
  readonly cuts: number
  readonly seed: number
}

/**
 * @param meanMs about how long a line lives after its first bytes: half of that to one and a half,
 *   as `choices` has it
 */
export function createChaos(
  meanMs: number,
  choices: Choices,
  clock: Clock,
  cut: () => void,
): Chaos {
  let cuts = 0
  let cancel: (() => void) | undefined
  return {
    asked() {
      cancel?.()
      cancel = undefined
    },
    came() {
      cancel ??= clock.after(meanMs * (0.5 + choices.next()), () => {
        cuts++
        cut()
      })
    },
    get cuts() {
      return cuts
    },
    seed: choices.seed,
  }
}
