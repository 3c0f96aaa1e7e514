import { describeValue, SynapseToonError } from '../errors.ts'

/** An option of a log that is a number above 0. */
export function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value
  throw new SynapseToonError(
    'ERR_SYNAPSE_INVALID_OPTION',
    `${name} must be a number above 0, got ${describeValue(value)}; leave it out for the default`,
  )
}
