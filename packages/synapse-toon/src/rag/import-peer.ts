import { MissingPeerError } from './errors.ts'

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
