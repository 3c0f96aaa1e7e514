import type { Buffer } from 'node:buffer'
import { BackOff, type CompressionState } from '../back-off.ts'
import type { Compressor, Envelope } from '../compressor.ts'
import type { FlushStyle } from '../flush-style.ts'
import { NO_ENVELOPE, output } from '../output.ts'
import { DeflateStream } from './deflate-stream.ts'
import { GzipWrapper } from './gzip-wrapper.ts'
import type { Wrapper } from './wrapper.ts'
import { ZlibWrapper } from './zlib-wrapper.ts'

/** A `gzip` or `deflate` body by our own encoder. */
export class DeflateCompressor implements Compressor {
  readonly encoding: 'gzip' | 'deflate'
  bytesIn = 0
  bytesOut = 0
  readonly #wrapper: Wrapper
  readonly #stream: DeflateStream
  readonly #backOff: BackOff

  constructor(encoding: 'gzip' | 'deflate', style: FlushStyle, isBusy: () => boolean) {
    this.encoding = encoding
    this.#wrapper = encoding === 'gzip' ? new GzipWrapper() : new ZlibWrapper()
    this.#stream = new DeflateStream(this.#wrapper, style)
    this.#backOff = new BackOff(isBusy)
  }

  get state(): CompressionState {
    return this.#backOff.state
  }

  compress(text: string, bytes: number, envelope: Envelope = NO_ENVELOPE): Buffer {
    const head = this.#headBytes()
    output.reserve(head + DeflateStream.bound(bytes), envelope)
    const start = output.at
    if (head > 0) output.target.set(this.#wrapper.head, start)
    const end = this.#backOff.next()
      ? this.#stream.write(text, bytes, output.target, start + head)
      : this.#stream.store(text, bytes, output.target, start + head)
    this.#backOff.count(bytes, end - start)
    this.bytesIn += bytes
    this.bytesOut += end - start
    return output.take(end, envelope)
  }

  finish(envelope: Envelope = NO_ENVELOPE): Buffer {
    const head = this.#headBytes()
    output.reserve(head + DeflateStream.bound(0), envelope)
    const start = output.at
    if (head > 0) output.target.set(this.#wrapper.head, start)
    let end = this.#stream.finish(output.target, start + head)
    const tail = this.#wrapper.tail()
    output.target.set(tail, end)
    end += tail.length
    this.bytesOut += end - start
    return output.take(end, envelope)
  }

  /** Holds nothing that the collector does not free. */
  close(): void {}

  /** The head goes with the first bytes. */
  #headBytes(): number {
    return this.bytesOut === 0 ? this.#wrapper.head.length : 0
  }
}
