import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { oneOf } from '../options/one-of.ts'
import { wholeNumber } from '../options/whole-number.ts'

/** `up`: from client to target. `down`: from target to client. */
export type FaultDirection = 'up' | 'down'

/** When a fault happens: at once, or at an exact place in the stream of bytes. */
export interface FaultTrigger {
  /**
   * Bytes of direction `of` that pass from now on, before the fault; not one more does. Default: at
   * once. 0 is the same as at once, for connections to come too.
   */
  readonly after?: number
  /** Whose bytes `after` counts. Default `down`. */
  readonly of?: FaultDirection
}

/** What can happen to a line. None of them changes, drops in the middle, or reorders a byte. */
export type Fault =
  /**
   * Ends both sides, in order (`fin`) or with a reset (`rst`). What was passed on before is still
   * delivered with `fin`. With `rst` the network may throw away what a receiver has not taken yet,
   * as it does when a machine crashes.
   */
  | ({ readonly cut: 'fin' | 'rst' } & FaultTrigger)
  /** Passes nothing, both ways, and keeps the line open: until `resume`, or for `forMs` ms. */
  | ({ readonly stall: true; readonly forMs?: number } & FaultTrigger)
  /** Ends a stall; all that waited is passed on. */
  | { readonly resume: true }
  /** Passes at most so many bytes per second, each way. 0: no limit. */
  | { readonly throttle: number }
  /** Holds every piece back for so long, in ms, in order. 0: not. */
  | { readonly delay: number }

export const FAULT_KINDS = ['cut', 'stall', 'resume', 'throttle', 'delay'] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

/** As `Clock.after` can hold it. */
const MAX_MS = 2 ** 31 - 1

/** Further fields of a kind, beside its own. */
const FIELDS: Readonly<Record<FaultKind, readonly string[]>> = {
  cut: ['after', 'of'],
  stall: ['after', 'of', 'forMs'],
  resume: [],
  throttle: [],
  delay: [],
}

/**
 * @param name of the fault, for the message
 * @returns its kind
 * @throws {InvalidOptionError} names the field, its value and what it must be
 */
export function checkFault(fault: Fault, name = 'fault'): FaultKind {
  const isObject = typeof fault === 'object' && fault !== null
  const kinds = FAULT_KINDS.filter((kind) => isObject && Object.hasOwn(fault, kind))
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1) {
    const rule = `an object with one of ${FAULT_KINDS.join(', ')}, for example { cut: 'rst' }`
    throw new InvalidOptionError(name, rule, fault)
  }
  const fields: Record<string, unknown> = { ...fault }
  for (const [field, value] of Object.entries(fields)) {
    if (field !== kind && !FIELDS[kind].includes(field)) {
      const rule = `one of ${[kind, ...FIELDS[kind]].join(', ')}`
      throw new InvalidOptionError(`a field of ${name}`, rule, field)
    }
    if (value !== undefined) checkField(`${name}.${field}`, field, value)
  }
  return kind
}

function checkField(option: string, field: string, value: unknown): void {
  if (field === 'cut') return oneOf(option, value, ['fin', 'rst'])
  if (field === 'of') return oneOf(option, value, ['up', 'down'])
  if (field === 'stall' || field === 'resume') {
    if (value !== true) throw new InvalidOptionError(option, 'true', value)
  } else if (field === 'after') {
    wholeNumber(option, value, 0, Number.MAX_SAFE_INTEGER, 'bytes, left out: at once')
  } else if (field === 'throttle') {
    wholeNumber(option, value, 0, Number.MAX_SAFE_INTEGER, 'bytes per second, 0: no limit')
  } else wholeNumber(option, value, 0, MAX_MS, 'ms')
}
