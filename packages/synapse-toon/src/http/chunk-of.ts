import { Buffer } from 'node:buffer'
import type { Envelope } from '../compress/compressor.ts'

/** CR LF after the size, CR LF after the data. */
const LINE_ENDS = 4

const CR = 0x0d
const LF = 0x0a
/** Hex digits of a chunk's size, at most: of 4 GiB. */
const MOST_DIGITS = 8
const HEX = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/**
 * As `chunkOf`, around bytes that are made where there is room for the rest: they need no copy. Around
 * none there is no chunk.
 */
export const CHUNK: Envelope = {
  before: MOST_DIGITS + 2,
  after: 2,
  seal(target, start, end) {
    target[end] = CR
    target[end + 1] = LF
    // Around nothing it would be the end of the body.
    if (end === start) return end + 2
    let at = start
    target[--at] = LF
    target[--at] = CR
    for (let size = end - start; size > 0; size >>>= 4) target[--at] = HEX[size & 15]!
    return at
  },
}

/**
 * One chunk of HTTP/1.1's chunked coding [RFC 9112 §7.1], to be handed to a socket in one write.
 *
 * ASCII stays text, which Node writes without a copy of its own. Any other text becomes bytes: of a
 * text a socket counts what it still holds in UTF-16 units, and what we may hold is bytes.
 *
 * @param data not empty: a chunk of size 0 is the end of the body
 * @param bytes its length; of text, in UTF-8
 */
export function chunkOf(data: string | Uint8Array, bytes: number): string | Buffer {
  const size = bytes.toString(16)
  const isText = typeof data === 'string'
  if (isText && bytes === data.length) return `${size}\r\n${data}\r\n`
  const chunk = Buffer.allocUnsafe(size.length + bytes + LINE_ENDS)
  const start = chunk.write(`${size}\r\n`, 'latin1')
  if (isText) chunk.write(data, start, 'utf8')
  else chunk.set(data, start)
  chunk.write('\r\n', start + bytes, 'latin1')
  return chunk
}
