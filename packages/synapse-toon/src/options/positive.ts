import { InvalidOptionError } from './invalid-option-error.ts'

/** @throws {InvalidOptionError} `value` is no number above 0 */
export function positive(option: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidOptionError(option, 'a number above 0', value, 'leave it out for the default')
}
