import { Buffer } from 'node:buffer'
import { brotliCompressSync, constants } from 'node:zlib'
import { encode as encodeToon } from '@toon-format/toon'
import { JSON_INSIDE_TOON, mayHoldLoneSurrogate, type PayloadEncoding } from './payload-encoding.ts'

/**
 * Turns a record's JSON into the text of the `data` field. Server side only: `br` needs node:zlib.
 *
 * @param json one line of JSON, as made by `payloadToJson`
 */
export function encodePayload(json: string, encoding: PayloadEncoding): string {
  switch (encoding) {
    case 'json':
      return json
    case 'toon':
      return mayHoldLoneSurrogate(json) ? JSON_INSIDE_TOON + json : encodeToon(JSON.parse(json))
    case 'base64':
      return Buffer.from(json, 'utf8').toString('base64')
    case 'br':
      return brotli(Buffer.from(json, 'utf8')).toString('base64')
  }
}

/**
 * Quality 4: on token-sized events higher ones gain nothing and cost more time. The size hint lets
 * brotli choose a window as small as the event.
 */
function brotli(bytes: Buffer): Buffer {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 4,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
}
