import { InvalidOptionError } from './invalid-option-error.ts'

/** @throws {InvalidOptionError} `value` is no function */
export function isFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw new InvalidOptionError(option, 'a function', value)
}
