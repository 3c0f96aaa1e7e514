import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Framing } from './body-way.ts'
import { chunkOf } from './chunk-of.ts'

// Writes a response's body to its socket, below the response: one string, one write, one system call
// for each flush. `response.write` makes four writes of it, and a tick to join them.
//
// The response still sends its headers and its end (`response.end()` writes the last chunk), so its
// events, its `writableLength` and the next request on the line stay as they are. Each write is a
// whole chunk, so one of someone else, through the response, may stand between two of ours.

/** @param given not empty: an empty chunk is the end of a body */
export function frameBody(
  framing: Framing,
  given: string | Uint8Array,
  bytes: number,
): string | Uint8Array {
  if (framing === 'chunked') return chunkOf(given, bytes)
  const isAsIs = typeof given !== 'string' || bytes === given.length
  return isAsIs ? given : Buffer.from(given, 'utf8')
}

/**
 * @param data text of ASCII, or bytes
 * @param onTaken called when the network has taken what it could not take at once
 */
export function writeBody(
  socket: Socket,
  data: string | Uint8Array,
  onTaken: (error?: Error | null) => void,
): void {
  if (!socket.writable) return
  if (socket.writableLength > 0) {
    socket.write(data, 'latin1', onTaken)
    return
  }
  // Nearly always the kernel takes it at once: a callback would only be a tick for nothing. Where
  // it does not, an empty write behind it tells; `drain` comes for larger ones only.
  socket.write(data, 'latin1')
  if (socket.writableLength > 0) socket.write('', 'latin1', onTaken)
}
