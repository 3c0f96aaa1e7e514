import { ProtocolError, StreamPayloadError } from './errors.ts'

/** Reads the text of a `data` field. */
export type Decode = (data: string) => unknown

/** Most characters of data that a message repeats. */
const SHOWN_CHARACTERS = 60

/**
 * The reader of an encoding. All but that of JSON are loaded when a stream needs them, so that a page
 * that reads JSON does not carry them.
 *
 * @param encoding one of ours, or `text` for data that is taken as it is
 * @param maxBytes most that compressed data may become
 * @throws {ProtocolError} an encoding that is not known, or that cannot be read here
 */
export async function loadDecoder(encoding: string, maxBytes: number): Promise<Decode> {
  if (encoding === 'text') return (data) => data
  const decode =
    encoding === 'json'
      ? JSON.parse
      : await (await import('./late-decoder.ts')).lateDecoder(encoding, maxBytes)
  if (!decode) {
    throw new ProtocolError(`${encoding} payloads cannot be read here; ask for encoding: 'json'`)
  }
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
