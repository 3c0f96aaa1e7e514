import { base64ToBytes, decodeUtf8 } from '../wire/decode-payload.ts'
import { JSON_INSIDE_TOON } from '../wire/payload-encoding.ts'
import { ProtocolError, StreamPayloadError } from './errors.ts'

/** Reads the text of a `data` field. */
export type Decode = (data: string) => unknown

type Inflate = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array

/** Most characters of data that a message repeats. */
const SHOWN_CHARACTERS = 60

/**
 * The reader of an encoding. TOON's is loaded when a stream needs it, so that a page that reads JSON
 * does not carry it.
 *
 * @param encoding one of ours, or `text` for data that is taken as it is
 * @param maxBytes most that compressed data may become
 * @throws {ProtocolError} an encoding that is not known, or that cannot be read here
 */
export async function loadDecoder(encoding: string, maxBytes: number): Promise<Decode> {
  const decode = await decoderOf(encoding, maxBytes)
  return (data) => {
    try {
      return decode(data)
    } catch (cause) {
      const shown = JSON.stringify(data.slice(0, SHOWN_CHARACTERS))
      const problem = `data is not ${encoding}: ${shown}; encoding: 'text' takes it as it is`
      throw new StreamPayloadError(problem, data, cause)
    }
  }
}

async function decoderOf(encoding: string, maxOutputLength: number): Promise<Decode> {
  if (encoding === 'json') return JSON.parse
  if (encoding === 'text') return (data) => data
  if (encoding === 'base64') return (data) => JSON.parse(decodeUtf8(base64ToBytes(data)))
  if (encoding === 'toon') {
    const { decode } = await import('@toon-format/toon')
    return (data) => (data.startsWith(JSON_INSIDE_TOON) ? JSON.parse(data) : decode(data))
  }
  const inflate = encoding === 'br' && brotli()
  if (inflate) {
    return (data) => JSON.parse(decodeUtf8(inflate(base64ToBytes(data), { maxOutputLength })))
  }
  // Browsers have no brotli decoder for scripts.
  throw new ProtocolError(`${encoding} payloads cannot be read here; ask for encoding: 'json'`)
}

/** Node, Deno and Bun have a decoder; asked for in this way, no bundler looks for it. */
function brotli(): Inflate | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  const zlib = process?.getBuiltinModule?.('node:zlib') as { brotliDecompressSync: Inflate }
  return zlib?.brotliDecompressSync
}
