import { Buffer } from 'node:buffer'
import { brotliCompressSync, constants } from 'node:zlib'
import { encode as encodeToon } from '@toon-format/toon'
import { JSON_INSIDE_TOON, mayHoldLoneSurrogate, type PayloadEncoding } from './payload-encoding.ts'

/**
 * Levels of lists and objects up to which TOON is written. TOON indents, so n levels cost n² bytes
 * (2,000 of them 4 MB and a second, where JSON needs 10 KB), and its coders call themselves once
 * per level: from 1,500 on, a decoder's stack overflows. 64 is far above what payloads have, and
 * keeps the indentation of a line within 128 bytes.
 */
const MAX_TOON_DEPTH = 64

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
      return toonOrJson(json)
    case 'base64':
      return Buffer.from(json, 'utf8').toString('base64')
    case 'br':
      return brotli(Buffer.from(json, 'utf8')).toString('base64')
  }
}

/** See `JSON_INSIDE_TOON`. */
function toonOrJson(json: string): string {
  if (mayHoldLoneSurrogate(json)) return JSON_INSIDE_TOON + json
  const payload: unknown = JSON.parse(json)
  // n levels need 2 n brackets: shorter JSON, which nearly all is, needs no look.
  const mayBeDeep = json.length > 2 * MAX_TOON_DEPTH
  if (mayBeDeep && isDeeperThan(payload, MAX_TOON_DEPTH)) return JSON_INSIDE_TOON + json
  return encodeToon(payload)
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((child) => isDeeperThan(child, levels - 1))
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
