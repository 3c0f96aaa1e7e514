import { Buffer } from 'node:buffer'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Framing } from './body-way.ts'
import { chunkOf } from './chunk-of.ts'

/**
 * Writes a response's body to its socket, below the response: one string, one write, one system
 * call for each flush. `response.write` makes four writes of it, and a tick to join them.
 *
 * The response still sends its headers and its end (`response.end()` writes the last chunk), so its
 * events, its `writableLength` and the next request on the line stay as they are. Each write is a
 * whole chunk, so one of someone else, through the response, may stand between two of ours.
 */
export class SocketBody {
  /** Whether it takes whole chunks, by `writeChunk`. */
  readonly isChunked: boolean
  readonly #response: ServerResponse
  readonly #socket: Socket
  readonly #onTaken: (error?: Error | null) => void

  /**
   * @param socket the response's own, now: until its end the response does not let go of it
   * @param onTaken called when the network has taken what it could not take at once
   */
  constructor(
    response: ServerResponse,
    socket: Socket,
    framing: Framing,
    onTaken: (error?: Error | null) => void,
  ) {
    this.#response = response
    this.#socket = socket
    this.isChunked = framing === 'chunked'
    this.#onTaken = onTaken
  }

  /** Bytes that the network has not taken: characters of ASCII, and bytes. */
  get unsentBytes(): number {
    return this.#socket.writableLength
  }

  write(given: string | Uint8Array, bytes: number): void {
    // An empty chunk is the end of a body.
    if (bytes > 0 && this.#isOpen) this.#send(this.#frame(given, bytes))
  }

  /** @param chunk with its head and tail, or empty: nothing is written then */
  writeChunk(chunk: Uint8Array): void {
    if (chunk.length > 0 && this.#isOpen) this.#send(chunk)
  }

  /**
   * Once someone else has ended the response, what follows on the line is the answer to another
   * request.
   */
  get #isOpen(): boolean {
    return !this.#response.writableEnded && this.#socket.writable
  }

  #send(data: string | Uint8Array): void {
    const socket = this.#socket
    if (socket.writableLength > 0) {
      socket.write(data, 'latin1', this.#onTaken)
      return
    }
    // Nearly always the kernel takes it at once: a callback would only be a tick for nothing. Where
    // it does not, an empty write behind it tells; `drain` comes for larger ones only.
    socket.write(data, 'latin1')
    if (socket.writableLength > 0) socket.write('', 'latin1', this.#onTaken)
  }

  #frame(given: string | Uint8Array, bytes: number): string | Uint8Array {
    if (this.isChunked) return chunkOf(given, bytes)
    const isAsIs = typeof given !== 'string' || bytes === given.length
    return isAsIs ? given : Buffer.from(given, 'utf8')
  }
}
