import type { RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'
import { SynapseToonError } from '../errors.ts'

/** How many streams one user may start in a time. */
export interface StartsLimit {
  /** Whole number from 1. */
  readonly limit: number
  /** In ms, from 1000. */
  readonly windowMs: number
}

/** Makes the limiter: rate-limiter-flexible, in memory or on Redis. */
export type MakeLimiter = (
  library: typeof import('rate-limiter-flexible'),
  options: { points: number; duration: number; keyPrefix: string },
) => RateLimiterAbstract

export const inMemory: MakeLimiter = (library, options) => new library.RateLimiterMemory(options)

export interface StartsState {
  readonly allowed: boolean
  readonly remaining: number
  /** Until the window is over. */
  readonly resetSeconds: number
}

/** Counts starts by user, in windows. The library is loaded at the first use, if at all. */
export class Starts {
  readonly #limit: StartsLimit
  readonly #make: MakeLimiter
  #limiter: Promise<RateLimiterAbstract> | undefined

  constructor(limit: StartsLimit, make: MakeLimiter) {
    this.#limit = limit
    this.#make = make
  }

  async take(user: string): Promise<StartsState> {
    this.#limiter ??= this.#load()
    const limiter = await this.#limiter
    try {
      return stateOf(true, await limiter.consume(user))
    } catch (refused) {
      // The library rejects with an error when its store failed, with a result when it refused.
      if (refused instanceof Error) throw refused
      return stateOf(false, refused as RateLimiterRes)
    }
  }

  async #load(): Promise<RateLimiterAbstract> {
    const library = await import('rate-limiter-flexible').catch((cause: unknown) => {
      const cure =
        'limits.starts needs the package rate-limiter-flexible: npm install rate-limiter-flexible'
      throw new SynapseToonError('ERR_SYNAPSE_MISSING_PACKAGE', cure, { cause })
    })
    const { limit, windowMs } = this.#limit
    return this.#make(library, { points: limit, duration: windowMs / 1000, keyPrefix: 'starts' })
  }
}

function stateOf(allowed: boolean, result: RateLimiterRes): StartsState {
  return {
    allowed,
    remaining: result.remainingPoints,
    resetSeconds: Math.max(1, Math.ceil(result.msBeforeNext / 1000)),
  }
}
