import { decode as decodeToon } from '@toon-format/toon'
import { describeValue } from '../errors.ts'
import { base64ToBytes, decodeUtf8 } from './base64.ts'
import { JSON_INSIDE_TOON } from './payload-encoding.ts'
import { PayloadError } from './payload-error.ts'

/** What a browser can read without help; `br` needs a brotli decoder, see `synapse-toon/testing`. */
export type BrowserEncoding = 'json' | 'toon' | 'base64'

/**
 * Reads the text of a `data` field back into its payload. Uses web APIs only.
 *
 * @throws {PayloadError} when `data` is not valid in `encoding`
 */
export function decodePayload(data: string, encoding: BrowserEncoding): unknown {
  try {
    switch (encoding) {
      case 'json':
        return JSON.parse(data)
      case 'toon':
        return data.startsWith(JSON_INSIDE_TOON) ? JSON.parse(data) : decodeToon(data)
      case 'base64':
        return JSON.parse(decodeUtf8(base64ToBytes(data)))
    }
  } catch (cause) {
    throw new PayloadError(`data is not valid ${encoding}: ${describeValue(data)}`, { cause })
  }
}
