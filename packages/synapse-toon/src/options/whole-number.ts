import { InvalidOptionError } from './invalid-option-error.ts'

/**
 * @param unit and the option's default, for the error
 * @throws {InvalidOptionError} `value` is no whole number from `min` to `max`
 */
export function wholeNumber(
  option: string,
  value: unknown,
  min: number,
  max: number,
  unit: string,
): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return
  throw new InvalidOptionError(option, `a whole number from ${min} to ${max} (${unit})`, value)
}
