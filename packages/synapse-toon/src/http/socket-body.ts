import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Framing } from './body-way.ts'
import { chunkOf } from './chunk-of.ts'
import type { DirectWrite } from './direct-write.ts'

// Writes a response's body to its socket, below the response: one string, one write, one system call
// for each flush. `response.write` makes four writes of it, and a tick to join them.
//
// The response still sends its headers and its end (`response.end()` writes the last chunk), so its
// events and the next request on the line stay as they are; its `writableLength` too, but for one write
// that the network has not taken in full. Each write is a whole chunk, so one of someone else, through
// the response, may stand between two of ours.

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
 * @param writeDirectly where the socket's own buffer may be passed by
 * @param onTaken called when the network has taken what it could not take at once
 * @returns bytes that it has not taken and that `socket.writableLength` does not count
 */
export function writeBody(
  socket: Socket,
  data: string | Uint8Array,
  writeDirectly: DirectWrite | undefined,
  onTaken: (error?: Error | null) => void,
): number {
  if (writeDirectly !== undefined && socket.writableLength === 0) {
    if (writeDirectly(socket, data)) return 0
    // Behind what is on its way, an empty write tells; `drain` comes for larger ones only.
    socket.write('', 'latin1', onTaken)
    return data.length
  }
  if (!socket.writable) return 0
  if (socket.writableLength > 0) {
    socket.write(data, 'latin1', onTaken)
    return 0
  }
  // Nearly always the kernel takes it at once: a callback would only be a tick for nothing.
  socket.write(data, 'latin1')
  if (socket.writableLength > 0) socket.write('', 'latin1', onTaken)
  return 0
}
