import { logOptionError } from './log-option-error.ts'

/** An option of a log that is a number above 0. */
export function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw logOptionError(name, 'a number above 0', value, 'leave it out for the default')
}
