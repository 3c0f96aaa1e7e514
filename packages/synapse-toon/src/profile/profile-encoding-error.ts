import { describeValue, RefusedError } from '../errors.ts'
import type { ProfileName } from './profile.ts'

/** A client asks for an encoding of payloads in a profile whose frames are JSON for its own clients. */
export class ProfileEncodingError extends RefusedError {
  constructor(profile: ProfileName, encoding: string) {
    super(
      'ERR_SYNAPSE_PROFILE_ENCODING',
      400,
      `encoding must be json, or left out, where the stream has profile ${profile}, got ${describeValue(encoding)}`,
    )
  }
}
