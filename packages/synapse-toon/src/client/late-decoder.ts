import { base64ToBytes, decodeUtf8 } from '../wire/base64.ts'
import { JSON_INSIDE_TOON } from '../wire/payload-encoding.ts'
import type { Decode } from './payload-decoder.ts'

type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

/**
 * Readers of encodings that a page which reads JSON never needs. In a module of their own, so that it
 * does not carry them; TOON's, which is larger, is again loaded when it is needed.
 *
 * @param maxOutputLength most bytes that compressed data may become
 * @returns undefined: an encoding that is not known, or that cannot be read here
 */
export async function lateDecoder(
  encoding: string,
  maxOutputLength: number,
): Promise<Decode | undefined> {
  if (encoding === 'base64') return (data) => JSON.parse(decodeUtf8(base64ToBytes(data)))
  if (encoding === 'toon') {
    const { decode } = await import('@toon-format/toon')
    return (data) => (data.startsWith(JSON_INSIDE_TOON) ? JSON.parse(data) : decode(data))
  }
  const inflate = encoding === 'br' ? brotli() : undefined
  return (
    inflate && ((data) => JSON.parse(decodeUtf8(inflate(base64ToBytes(data), { maxOutputLength }))))
  )
}

/**
 * Node, Deno and Bun have a decoder; browsers have none for scripts. Asked for in this way, no bundler
 * looks for it.
 */
function brotli(): Inflate | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  const zlib = process?.getBuiltinModule?.('node:zlib') as { brotliDecompressSync: Inflate }
  return zlib?.brotliDecompressSync
}
