import { type ContentEncoding, DEFAULT_PREFERENCE } from '../compress/content-encoding.ts'
import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { isFunction } from '../options/is-function.ts'
import { oneOf } from '../options/one-of.ts'
import { wholeNumber } from '../options/whole-number.ts'
import { PROFILE_NAMES } from '../profile/profile.ts'
import { mergeText } from './merge.ts'
import { combineObservers, type Observer } from './observer.ts'
import type { Deadlines, Settings, StreamOptions } from './settings.ts'

export const DEFAULT_SETTINGS: Settings = {
  deadlines: { connect: 10_000, firstChunk: 60_000, idle: 60_000, total: 300_000, stall: 30_000 },
  heartbeat: 15_000,
  commitAfter: 10_000,
  maxBufferSize: 65_536,
  slowClient: 'wait',
  merge: mergeText,
  resume: true,
  compression: true,
  profile: 'synapse',
  model: 'synapse-toon',
  continueFor: 30_000,
  fallbackStatus: 200,
}

/** Longest timeout that timers of all platforms hold: 2^31 - 1 ms, 24.8 days. */
const MAX_MS = 2 ** 31 - 1

/** The seed asks for 5 to 30 minutes; above that a stream is probably forgotten, not long. */
const LONG_TOTAL_MS = 1_800_000

/** Smaller than one usual event, a buffer would only make every event wait. */
const MIN_BUFFER_BYTES = 1024

type Check = (option: string, value: unknown) => void

const CHECKS: { readonly [Name in keyof Required<StreamOptions>]: Check } = {
  deadlines: checkDeadlines,
  heartbeat: milliseconds,
  commitAfter: milliseconds,
  maxBufferSize: (option, value) =>
    wholeNumber(option, value, MIN_BUFFER_BYTES, Number.MAX_SAFE_INTEGER, 'bytes, default 65536'),
  slowClient: (option, value) => oneOf(option, value, ['wait', 'merge', 'disconnect']),
  merge: isFunction,
  resume: (option, value) => {
    if (typeof value !== 'boolean') throw new InvalidOptionError(option, 'true or false', value)
  },
  onDisconnect: (option, value) => oneOf(option, value, ['cancel', 'continue']),
  continueFor: milliseconds,
  principal: (option, value) => {
    if (typeof value === 'function' || (typeof value === 'string' && value !== '')) return
    throw new InvalidOptionError(
      option,
      'a string that is not empty, a function, or left out',
      value,
    )
  },
  compression: checkCompression,
  profile: (option, value) => oneOf(option, value, PROFILE_NAMES),
  model: (option, value) => {
    if (typeof value === 'string' && value !== '') return
    throw new InvalidOptionError(option, 'a string that is not empty, or left out', value)
  },
  streamUrl: isFunction,
  fallback: isFunction,
  fallbackStatus: (option, value) =>
    wholeNumber(option, value, 200, 599, 'an HTTP status, default 200'),
  exposeError: isFunction,
  observer: (option, value) => {
    if (typeof value !== 'object' || value === null) {
      throw new InvalidOptionError(
        option,
        'an object of methods, for example { ended(summary) {} }',
        value,
      )
    }
  },
}

/**
 * Lays `options` over `base` and checks them.
 *
 * @param known further option names that the caller takes care of
 * @throws {InvalidOptionError} names the option, its value and what it must be
 */
export function resolveOptions(
  options: StreamOptions | undefined,
  base: Settings = DEFAULT_SETTINGS,
  known: readonly string[] = [],
): Settings {
  if (options === undefined) return base
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(
      'options',
      'an object (a transform goes in as { transform })',
      options,
    )
  }
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue
    // `hasOwn`, not a look-up: that would find `constructor` and the like.
    if (!Object.hasOwn(CHECKS, name)) {
      const names = [...Object.keys(CHECKS), ...known].join(', ')
      throw new InvalidOptionError('an option', `one of ${names}`, name)
    }
    CHECKS[name as keyof typeof CHECKS](name, value)
    given[name] = value
  }
  if (Object.keys(given).length === 0) return base
  if (typeof given.principal === 'function') {
    given.principalOf = given.principal
    given.principal = undefined
  } else if (given.principal !== undefined) given.principalOf = undefined
  given.observer = allObservers(base.observer, given.observer as StreamOptions['observer'])
  given.deadlines = allDeadlines(base.deadlines, given.deadlines as StreamOptions['deadlines'])
  return { ...base, ...given }
}

function allDeadlines(base: Deadlines, given: Partial<Deadlines> | undefined): Deadlines {
  if (given === undefined) return base
  const set = Object.entries(given).filter(([, ms]) => ms !== undefined)
  return { ...base, ...Object.fromEntries(set) }
}

function allObservers(
  base: Observer | undefined,
  given: Observer | readonly Observer[] | undefined,
): Observer | undefined {
  const all = [base ?? [], given ?? []].flat()
  return all.length > 1 ? combineObservers(all) : all[0]
}

function checkDeadlines(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(
      option,
      'an object of milliseconds, for example { idle: 60000 }',
      value,
    )
  }
  for (const [name, ms] of Object.entries(value)) {
    if (!Object.hasOwn(DEFAULT_SETTINGS.deadlines, name)) {
      const names = Object.keys(DEFAULT_SETTINGS.deadlines).join(', ')
      throw new InvalidOptionError(`a name in ${option}`, `one of ${names}`, name)
    }
    if (ms === undefined) continue
    milliseconds(`${option}.${name}`, ms)
    if (name === 'total' && ms > LONG_TOTAL_MS) {
      process.emitWarning(
        `deadlines.total of ${ms} ms is more than 30 minutes: a forgotten stream will hold its source for so long`,
        { code: 'SYNAPSE_LONG_DEADLINE' },
      )
    }
  }
}

function milliseconds(option: string, value: unknown): void {
  wholeNumber(option, value, 0, MAX_MS, 'ms, 0 switches it off')
}

function checkCompression(option: string, value: unknown): void {
  if (typeof value === 'boolean') return
  const isKnown = (coding: unknown) => DEFAULT_PREFERENCE.includes(coding as ContentEncoding)
  if (Array.isArray(value) && value.every(isKnown)) return
  const rule = `true, false or a list of ${DEFAULT_PREFERENCE.join(', ')}`
  throw new InvalidOptionError(option, rule, Array.isArray(value) ? value.join(', ') : value)
}
