import { logOptionError } from './log-option-error.ts'

/** Checks an option of a log that is a whole number. @param unit and its default, for the error */
export function wholeNumber(
  name: string,
  value: unknown,
  { min, max, unit }: { readonly min: number; readonly max: number; readonly unit: string },
): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return
  throw logOptionError(name, `a whole number from ${min} to ${max} (${unit})`, value)
}
