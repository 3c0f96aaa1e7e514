import { SynapseToonError } from './errors.ts'

/** An optional package that is needed now and is not installed. */
export class MissingPeerError extends SynapseToonError {
  constructor(name: string, options?: ErrorOptions) {
    super(
      'ERR_SYNAPSE_MISSING_PEER',
      `the package ${name} cannot be imported; install it: npm install ${name}`,
      options,
    )
  }
}

/**
 * Imports an optional package when it is needed first, so that who does not need it need not
 * install it. The import is written at the caller, where bundlers can see it.
 *
 * @throws {MissingPeerError} says what to install
 */
export async function importPeer<Module>(
  name: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    throw new MissingPeerError(name, { cause })
  }
}
