import { ContentTypeError, GoneError, HttpStatusError, type StreamError } from './errors.ts'
import { readBody } from './read-body.ts'
import { parseRetryAfter } from './retry-after.ts'

/** Most characters of an error's body that are read and kept. */
const MAX_CHARACTERS = 65_536

/**
 * What a response says that is no stream, its body included.
 *
 * @param now wall-clock time, in ms
 * @param signal ends the reading of the body; what came of it counts
 */
export async function refusalOf(
  response: Response,
  now: number,
  signal: AbortSignal,
): Promise<StreamError> {
  const { status, headers, body } = response
  const decoder = new TextDecoder()
  let text = ''
  const take = (bytes: Uint8Array) => {
    text += decoder.decode(bytes, { stream: true })
    return text.length < MAX_CHARACTERS ? undefined : text
  }
  // Cut off, or out of time: the status is what counts, and it is known.
  if (body !== null) await readBody(body, signal, take).catch(() => {})
  const said = parsed(text.slice(0, MAX_CHARACTERS))
  if (status === 200) return new ContentTypeError(headers.get('content-type') ?? '', said)
  if (status === 410) return new GoneError(said)
  return new HttpStatusError(status, said, parseRetryAfter(headers, now))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
