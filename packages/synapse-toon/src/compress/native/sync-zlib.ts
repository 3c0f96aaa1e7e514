import type { Buffer } from 'node:buffer'
import { SynapseToonError } from '../../errors.ts'

/**
 * What a stream of `node:zlib` is made of. Not documented, but its own `zlib.*Sync` functions have
 * worked by it since Node 0.12; `offered-encodings.ts` tries it before anything depends on it.
 */
interface ZlibInternals {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Uint8Array,
      inputAt: number,
      inputLength: number,
      target: Uint8Array,
      targetAt: number,
      targetLength: number,
    ): void
    onerror: (message: string, errno: number, code: string) => void
  }
  /** After `writeSync`: room left in the target, and input left. */
  readonly _writeState: Uint32Array
  close(): void
}

/** The codec failed; the stream cannot go on. */
export class CompressionError extends SynapseToonError {
  constructor(message: string) {
    super(
      'ERR_SYNAPSE_COMPRESSION',
      `the compressor failed (${message}); the response is cut, the client can resume`,
    )
  }
}

/**
 * A stream of `node:zlib`, driven on the caller's thread with its context kept. Node has a public way
 * for each half of that alone: `zlib.*Sync` forgets its context after each call, and a stream works on
 * the thread pool, where a token waits behind what others compress.
 */
export class SyncZlib {
  readonly #zlib: ZlibInternals
  #error: string | undefined

  /** @param zlib made by `zlib.create*`, and used for nothing else */
  constructor(zlib: object) {
    this.#zlib = zlib as ZlibInternals
    this.#zlib._handle.onerror = (message) => {
      this.#error = message
    }
  }

  /**
   * Takes all of the input and puts out what the flush asks for.
   *
   * @param flush a constant of the codec, for example `BROTLI_OPERATION_FLUSH`
   * @param target has room for all of it
   * @returns position in `target` after the last byte
   * @throws {CompressionError} when the codec fails or the target is too small
   */
  write(flush: number, input: Uint8Array, length: number, target: Buffer, at: number): number {
    const { _handle: handle, _writeState: state } = this.#zlib
    handle.writeSync(flush, input, 0, length, target, at, target.length - at)
    const [room, left] = state as unknown as [number, number]
    if (this.#error !== undefined) throw new CompressionError(this.#error)
    if (left > 0 || room === 0) throw new CompressionError('its output is larger than it may be')
    return target.length - room
  }

  close(): void {
    this.#zlib.close()
  }
}
