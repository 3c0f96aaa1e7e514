import { constants, deflateRawSync } from 'node:zlib'

/** The first that looks for a better match a byte later; above it, time grows more than size falls. */
const LEVEL = 4

/**
 * Deflates one large text by zlib, as a part of a stream that goes on: it begins and ends at a byte
 * and is not the last block. Synchronous: the thread pool would let other streams' tokens wait.
 *
 * @param dictionary the text before it, which it may refer to
 */
export function deflateLarge(bytes: Uint8Array, dictionary: Uint8Array): Uint8Array {
  return deflateRawSync(bytes, {
    level: LEVEL,
    finishFlush: constants.Z_SYNC_FLUSH,
    // zlib refuses an empty one.
    dictionary: dictionary.length > 0 ? dictionary : undefined,
  })
}
