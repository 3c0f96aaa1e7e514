import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'
import type { Framing } from './body-way.ts'
import { chunkOf } from './chunk-of.ts'

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
 * @param isDirect whether the buffer of the socket may be passed by, see `canPassBuffer`
 * @param onTaken called when the network has taken what it could not take at once
 * @returns bytes that it has not taken and that `socket.writableLength` does not count
 */
export function writeBody(
  socket: Socket,
  data: string | Uint8Array,
  isDirect: boolean,
  onTaken: (error?: Error | null) => void,
): number {
  if (!socket.writable) return 0
  if (socket.writableLength > 0) {
    socket.write(data, 'latin1', onTaken)
    return 0
  }
  // Nearly always the kernel takes it at once: a callback would only be a tick for nothing. Where
  // it does not, an empty write behind it tells; `drain` comes for larger ones only.
  if (isDirect) {
    if (writeAtOnce(socket, data)) return 0
    socket.write('', 'latin1', onTaken)
    return data.length
  }
  socket.write(data, 'latin1')
  if (socket.writableLength > 0) socket.write('', 'latin1', onTaken)
  return 0
}

/** Of the write that is being made: whether it was over before it returned. */
let isOver = false
let failure: Error | null | undefined

/** One for all writes: one of each socket would have to be fetched into the processor's cache. */
function onOver(error?: Error | null): void {
  isOver = true
  failure = error
}

/**
 * Hands data to the system without the buffer that a socket has for what cannot be sent yet: keeping
 * its books for each write, and a tick for each, take longer than our own work for an event.
 *
 * @returns whether the system took all; else the rest is on its way, and goes before later writes
 */
function writeAtOnce(socket: Socket, data: string | Uint8Array): boolean {
  isOver = false
  failure = undefined
  // What Node itself calls bytes here, and no type of its own.
  const encoding = typeof data === 'string' ? 'latin1' : ('buffer' as BufferEncoding)
  socket._write(data, encoding, onOver)
  if (failure) socket.destroy(failure)
  return isOver
}
