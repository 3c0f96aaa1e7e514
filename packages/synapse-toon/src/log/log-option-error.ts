import { describeValue, SynapseToonError } from '../errors.ts'

/**
 * An option of a log that cannot be used. Of the same code as all options that cannot.
 *
 * @param rule what it must be
 * @param cure what else there is to know, behind the value
 */
export function logOptionError(
  option: string,
  rule: string,
  value: unknown,
  cure?: string,
): SynapseToonError {
  const text = `${option} must be ${rule}, got ${describeValue(value)}`
  return new SynapseToonError(
    'ERR_SYNAPSE_INVALID_OPTION',
    cure === undefined ? text : `${text}; ${cure}`,
  )
}
