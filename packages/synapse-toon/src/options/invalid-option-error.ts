import { describeValue, SynapseToonError } from '../errors.ts'

/** An option of a wrong type, out of its range, or not known. Thrown before anything is sent. */
export class InvalidOptionError extends SynapseToonError {
  /**
   * @param rule what it must be
   * @param cure what else there is to know, behind the value
   */
  constructor(option: string, rule: string, value: unknown, cure?: string) {
    const text = `${option} must be ${rule}, got ${describeValue(value)}`
    super('ERR_SYNAPSE_INVALID_OPTION', cure === undefined ? text : `${text}; ${cure}`)
  }
}
