import type { MaybePromise } from '../log/log.ts'

/** Most streams at once; undefined: no limit. */
export interface Bounds {
  readonly perUser: number | undefined
  readonly total: number | undefined
}

/** `user` and `total` name the limit that is full. */
export type Grant = 'granted' | 'user' | 'total'

/**
 * Who holds which permit, for all processes that share it.
 *
 * The words MUST and MUST NOT are those of RFC 2119.
 */
export interface PermitStore {
  /**
   * Takes a permit for `leaseMs`. MUST check both bounds and take in one step: two callers at once
   * MUST NOT both get the last one. MUST NOT count permits whose time is over.
   */
  acquire(user: string, permitId: string, bounds: Bounds, leaseMs: number): MaybePromise<Grant>
  /**
   * Holds a permit for another `leaseMs` from now.
   *
   * @returns whether it was still held; a lost one MUST NOT come back by this
   */
  renew(user: string, permitId: string, leaseMs: number): MaybePromise<boolean>
  /** MUST do nothing for a permit that is not held. */
  release(user: string, permitId: string): MaybePromise<void>
}
