import type { Compressor } from '../compress/compressor.ts'
import type { ContentEncoding } from '../compress/content-encoding.ts'
import type { FlushStyle } from '../compress/flush-style.ts'
import type { PlainAnswer, Sink, SinkEvents, WireUse } from '../stream/sink.ts'
import { CHUNK } from './chunk-of.ts'

/** Where a sink has its compressor from. */
export interface CompressorSource {
  open(encoding: ContentEncoding, flush: FlushStyle): Compressor
  /** Called once after `open`: the response is over, and its compressor closed. */
  close(): void
}

/**
 * Compresses what goes to another sink, each write so that the client can read all of it at once.
 * An answer that is no stream goes as it is.
 */
export class CompressedSink implements Sink, SinkEvents {
  readonly #sink: Sink
  readonly #source: CompressorSource
  readonly #encoding: ContentEncoding
  readonly #flush: FlushStyle
  /** From the commit on: most requests that are refused never need one. */
  #compressor: Compressor | undefined
  #events: SinkEvents | undefined
  #isOver = false

  constructor(sink: Sink, source: CompressorSource, encoding: ContentEncoding, flush: FlushStyle) {
    this.#sink = sink
    this.#source = source
    this.#encoding = encoding
    this.#flush = flush
  }

  get closed(): boolean {
    return this.#sink.closed
  }

  get wire(): WireUse | undefined {
    const compressor = this.#compressor
    if (compressor === undefined) return undefined
    const { encoding, state, bytesOut } = compressor
    return { encoding, state, bytes: bytesOut }
  }

  listen(events: SinkEvents): void {
    this.#events = events
    this.#sink.listen(this)
  }

  onDrain(): void {
    this.#events?.onDrain()
  }

  onClose(served: boolean): void {
    // Before the compressor goes: whoever hears of the close may ask what it has done.
    this.#events?.onClose(served)
    this.#isOver = true
    if (this.#compressor === undefined) return
    this.#compressor.close()
    this.#source.close()
  }

  commit(headers: readonly (readonly [string, string])[]): void {
    this.#compressor = this.#source.open(this.#encoding, this.#flush)
    this.#sink.commit([...headers, ['Content-Encoding', this.#compressor.encoding]])
  }

  answer(answer: PlainAnswer): void {
    this.#sink.answer(answer)
  }

  write(text: string, bytes: number): boolean {
    if (this.#isOver) return true
    const compressor = this.#compressor!
    const { chunks } = this.#sink
    if (chunks !== undefined) {
      chunks.writeChunk(compressor.compress(text, bytes, CHUNK))
      return true
    }
    const compressed = compressor.compress(text, bytes)
    return this.#sink.write(compressed, compressed.length)
  }

  unsentBytes(): number {
    return this.#sink.unsentBytes()
  }

  progress(): number {
    return this.#sink.progress()
  }

  end(): void {
    if (this.#isOver || this.closed) return
    const last = this.#compressor!.finish()
    this.#sink.write(last, last.length)
    this.#sink.end()
  }

  destroy(): void {
    this.#sink.destroy()
  }
}
