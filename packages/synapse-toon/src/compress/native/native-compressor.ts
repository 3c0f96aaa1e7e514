import { Buffer } from 'node:buffer'
import type { Compressor, Envelope } from '../compressor.ts'
import type { ContentEncoding } from '../content-encoding.ts'
import { NO_ENVELOPE, output } from '../output.ts'
import type { NativeCodec } from './codecs.ts'
import { SyncZlib } from './sync-zlib.ts'

/** Text on its way into a codec, which copies it at once. Larger ones get memory of their own. */
const INPUT = Buffer.allocUnsafeSlow(16 * 1024)

/** A `br` or `zstd` body by Node's own codecs. They cannot leave compression within a stream. */
export class NativeCompressor implements Compressor {
  readonly encoding: ContentEncoding
  readonly state = 'active'
  bytesIn = 0
  bytesOut = 0
  readonly #codec: NativeCodec
  readonly #zlib: SyncZlib

  constructor(encoding: 'br' | 'zstd', codec: NativeCodec) {
    this.encoding = encoding
    this.#codec = codec
    this.#zlib = new SyncZlib(codec.create())
  }

  compress(text: string, bytes: number, envelope: Envelope = NO_ENVELOPE): Buffer {
    const input = bytes > INPUT.length ? Buffer.allocUnsafeSlow(bytes) : INPUT
    // ASCII needs no encoder.
    input.write(text, 0, bytes, bytes === text.length ? 'latin1' : 'utf8')
    this.bytesIn += bytes
    return this.#write(this.#codec.flush, input, bytes, envelope)
  }

  finish(envelope: Envelope = NO_ENVELOPE): Buffer {
    return this.#write(this.#codec.finish, INPUT, 0, envelope)
  }

  close(): void {
    this.#zlib.close()
  }

  #write(flush: number, input: Buffer, bytes: number, envelope: Envelope): Buffer {
    output.reserve(this.#codec.bound(bytes), envelope)
    const end = this.#zlib.write(flush, input, bytes, output.target, output.at)
    this.bytesOut += end - output.at
    return output.take(end, envelope)
  }
}
