import { type ContentEncoding, DEFAULT_PREFERENCE } from './content-encoding.ts'
import { codecOf } from './create-compressor.ts'
import { codecWorks } from './native/codec-works.ts'

/**
 * What this process can write, the best first. Tries what depends on its Node; once at start, and
 * not for each request.
 *
 * @param preference empty: no compression. Default: by measurement, see `DEFAULT_PREFERENCE`
 */
export function offeredEncodings(
  preference: readonly ContentEncoding[] = DEFAULT_PREFERENCE,
): ContentEncoding[] {
  return preference.filter((encoding) => {
    if (encoding === 'gzip' || encoding === 'deflate') return true
    const codec = codecOf(encoding)
    return codec !== undefined && codecWorks(codec)
  })
}
