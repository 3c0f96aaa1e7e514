import { InvalidOptionError } from './invalid-option-error.ts'

/** @throws {InvalidOptionError} `value` is none of `values` */
export function oneOf(option: string, value: unknown, values: readonly string[]): void {
  if (values.includes(value as string)) return
  throw new InvalidOptionError(option, `one of ${values.join(', ')}`, value)
}
