import { RefusedError, SynapseToonError } from '../errors.ts'
import { wholeNumber } from '../options/whole-number.ts'
import { isPromiseLike } from '../stream/source.ts'
import type { Clock } from '../time/clock.ts'
import type { TimerWheel } from '../time/timer-wheel.ts'
import { LimitExceededError } from './limit-error.ts'
import { createMemoryPermits } from './memory-permits.ts'
import type { Bounds, Grant, PermitStore } from './permits.ts'
import { type RateLimitField, rateLimitFields } from './rate-limit-fields.ts'
import { inMemory, type MakeLimiter, Starts, type StartsLimit } from './starts.ts'

export interface LimitsOptions {
  /** Most streams that one user has at once, from 1. Left out: no limit. */
  readonly maxStreamsPerUser?: number
  /** Most streams at once in all, from 1. Left out: no limit. */
  readonly maxStreams?: number
  /** Most streams that one user starts in a time. Left out: no limit. Needs rate-limiter-flexible. */
  readonly starts?: StartsLimit
  /** How long a stream that finds all places taken waits for one, in ms. 0: not at all. Default 0. */
  readonly queueMs?: number
  /**
   * How long a permit lasts without being renewed, in ms, from 1000: after so long a killed
   * process's permits are back. Default 45 000.
   */
  readonly leaseMs?: number
}

/** Where the limits are kept: this process, or a Redis that several share. */
export interface LimitStores {
  readonly permits: PermitStore
  readonly makeLimiter: MakeLimiter
}

/** The right to run one stream. */
export interface Permit {
  /** For the answer's head. */
  readonly fields: readonly RateLimitField[]
  /** Gives it back. Once; later calls do nothing. Never throws. */
  release(): void
}

export interface Admission {
  /**
   * Takes a permit for a new stream of `user`.
   *
   * @param user who asks; undefined: nobody known, so that only the limit in total holds
   * @param isGone whether the client has left, so that no place is kept for it in the queue
   * @throws {LimitExceededError} says which limit, and when to come back
   */
  admit(user: string | undefined, isGone: () => boolean): Promise<Permit>
}

/** What limits need of the part that runs streams. */
interface LimitsContext {
  readonly clock: Clock
  readonly wheel: TimerWheel
}

/** `limits` of `createSynapseToon`: made with the clock and wheel of the streams. */
export type Limits = (context: LimitsContext) => Admission

const DEFAULT_LEASE_MS = 45_000

/** Renewals in one lease: two may fail before a permit is lost. */
const RENEWALS_PER_LEASE = 3

/** How often a waiting stream looks again, in ms: another process gives no sign. */
const LOOK_AGAIN_MS = 100

/**
 * When a place will be free is not known; answers of a model take some seconds. In seconds.
 */
const PLACE_RETRY_SECONDS = 5

/** @throws {InvalidOptionError} names the option, its value and what it must be */
export function createLimits(options: LimitsOptions, stores?: LimitStores): Limits {
  checkOptions(options)
  const permits = stores?.permits ?? createMemoryPermits()
  const { starts } = options
  const counter = starts && new Starts(starts, stores?.makeLimiter ?? inMemory)
  return (context) => new SharedAdmission(options, permits, counter, context)
}

class SharedAdmission implements Admission {
  readonly #options: LimitsOptions
  readonly #permits: PermitStore
  readonly #starts: Starts | undefined
  readonly #context: LimitsContext
  readonly #bounds: Bounds
  readonly #leaseMs: number
  /** Streams of this process that wait for a place, first come first served. */
  readonly #waiting = new Set<() => void>()

  constructor(
    options: LimitsOptions,
    permits: PermitStore,
    starts: Starts | undefined,
    context: LimitsContext,
  ) {
    this.#options = options
    this.#permits = permits
    this.#starts = starts
    this.#context = context
    this.#bounds = { perUser: options.maxStreamsPerUser, total: options.maxStreams }
    this.#leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS
  }

  async admit(user: string | undefined, isGone: () => boolean): Promise<Permit> {
    const permitId = globalThis.crypto.randomUUID()
    const perUser = user === undefined ? undefined : this.#bounds.perUser
    const bounds = { ...this.#bounds, perUser }
    const grant = await this.#acquire(user ?? '', permitId, bounds, isGone)
    if (grant !== 'granted') throw this.#full(grant)
    const release = this.#hold(user ?? '', permitId)
    try {
      // After the place is taken, so that one who finds none does not use up a start.
      return { fields: user === undefined ? [] : await this.#countStart(user), release }
    } catch (error) {
      release()
      throw error
    }
  }

  async #acquire(
    user: string,
    permitId: string,
    bounds: Bounds,
    isGone: () => boolean,
  ): Promise<Grant> {
    const { clock } = this.#context
    const until = clock.now() + (this.#options.queueMs ?? 0)
    while (true) {
      const grant = await storeAnswer(() =>
        this.#permits.acquire(user, permitId, bounds, this.#leaseMs),
      )
      const left = until - clock.now()
      if (grant === 'granted' || left <= 0 || isGone()) return grant
      await this.#placeOr(Math.min(left, LOOK_AGAIN_MS))
    }
  }

  /** Settles when a place may be free, at the latest after so many ms. */
  #placeOr(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel()
        this.#waiting.delete(wake)
        resolve()
      }
      const cancel = this.#context.clock.after(milliseconds, wake)
      this.#waiting.add(wake)
    })
  }

  /** Renews the permit until it is released. @returns the release */
  #hold(user: string, permitId: string): () => void {
    const { wheel } = this.#context
    const every = this.#leaseMs / RENEWALS_PER_LEASE
    const renew = () => {
      timer = wheel.set(every, renew)
      // A store that cannot be reached for a while is asked again at the next renewal.
      settle(() => this.#permits.renew(user, permitId, this.#leaseMs))
    }
    let timer: { clear(): void } | undefined = wheel.set(every, renew)
    return () => {
      if (timer === undefined) return
      timer.clear()
      timer = undefined
      settle(
        () => this.#permits.release(user, permitId),
        () => {
          const [next] = this.#waiting
          next?.()
        },
      )
    }
  }

  async #countStart(user: string): Promise<readonly RateLimitField[]> {
    const { starts } = this.#options
    const counter = this.#starts
    if (counter === undefined || starts === undefined) return []
    const { allowed, remaining, resetSeconds } = await storeAnswer(() => counter.take(user))
    const windowSeconds = Math.ceil(starts.windowMs / 1000)
    const quota = starts.limit
    const fields = rateLimitFields({
      name: 'starts',
      quota,
      remaining,
      resetSeconds,
      windowSeconds,
    })
    if (!allowed) throw new LimitExceededError('starts', quota, resetSeconds, fields)
    return fields
  }

  #full(grant: 'user' | 'total'): LimitExceededError {
    const name = grant === 'user' ? 'streams-per-user' : 'streams'
    const quota = (grant === 'user' ? this.#bounds.perUser : this.#bounds.total)!
    const fields = rateLimitFields({ name, quota, remaining: 0 })
    return new LimitExceededError(name, quota, PLACE_RETRY_SECONDS, fields)
  }
}

/** A store that fails lets nobody in: a limit that cannot be checked would be none. */
async function storeAnswer<Answer>(ask: () => Answer | PromiseLike<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof SynapseToonError) throw error
    process.emitWarning(`limits could not be checked: ${error}`, { code: 'SYNAPSE_LIMITS' })
    const message = 'limits cannot be checked at the moment; try again later'
    throw new RefusedError('ERR_SYNAPSE_LIMITS_DOWN', 503, message, PLACE_RETRY_SECONDS)
  }
}

/** A failed renewal or release heals by itself: leases end. It must only be known. */
function settle(call: () => unknown, then: () => void = () => {}): void {
  const onError = (error: unknown) => {
    process.emitWarning(`a permit could not be kept or given back: ${error}`, {
      code: 'SYNAPSE_PERMIT',
    })
  }
  try {
    const result = call()
    if (isPromiseLike(result)) result.then(then, onError)
    else then()
  } catch (error) {
    onError(error)
  }
}

function checkOptions(options: LimitsOptions): void {
  const from = (min: number, unit: string) => (name: string, value: unknown) =>
    value === undefined || wholeNumber(name, value, min, Number.MAX_SAFE_INTEGER, unit)
  const count = from(1, 'streams, left out for no limit')
  count('limits.maxStreamsPerUser', options.maxStreamsPerUser)
  count('limits.maxStreams', options.maxStreams)
  if (options.starts !== undefined) {
    // Both, where there is one: a limit of undefined would refuse everybody.
    const { limit, windowMs } = options.starts
    wholeNumber('limits.starts.limit', limit, 1, Number.MAX_SAFE_INTEGER, 'starts')
    wholeNumber('limits.starts.windowMs', windowMs, 1000, Number.MAX_SAFE_INTEGER, 'ms')
  }
  from(0, 'ms, 0 switches it off')('limits.queueMs', options.queueMs)
  from(1000, 'ms, default 45000')('limits.leaseMs', options.leaseMs)
}
