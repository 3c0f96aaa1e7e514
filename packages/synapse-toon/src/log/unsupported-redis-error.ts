import { SynapseToonError } from '../errors.ts'

/** Too old for the scripts of the log. */
export class UnsupportedRedisError extends SynapseToonError {
  constructor(version: string) {
    super('ERR_SYNAPSE_REDIS_VERSION', `the log needs Redis 6.2 or newer, this one is ${version}`)
  }
}
