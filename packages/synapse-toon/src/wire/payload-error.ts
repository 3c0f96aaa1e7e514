import { SynapseToonError } from '../errors.ts'

/** A payload that cannot be written as JSON, or data that cannot be read in its encoding. */
export class PayloadError extends SynapseToonError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_SYNAPSE_PAYLOAD', message, options)
  }
}
