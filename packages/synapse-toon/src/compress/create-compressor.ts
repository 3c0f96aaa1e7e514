import type { Compressor } from './compressor.ts'
import type { ContentEncoding } from './content-encoding.ts'
import { DeflateCompressor } from './deflate/deflate-compressor.ts'
import type { FlushStyle } from './flush-style.ts'
import { BROTLI, type NativeCodec, ZSTD } from './native/codecs.ts'
import { NativeCompressor } from './native/native-compressor.ts'

export interface CompressorOptions {
  /** How a flush of `gzip` and `deflate` reaches the client, see `flushStyleFor`. Default `comment`. */
  readonly flush?: FlushStyle
  /**
   * Whether the processor is the bottleneck, see `BusySignal`; asked before each flush. `gzip` and
   * `deflate` then send text as it is until it is not. Default: never.
   */
  readonly isBusy?: () => boolean
}

const never = () => false

/**
 * Makes the compressor of one response.
 *
 * @param encoding one that `offeredEncodings` has returned
 */
export function createCompressor(
  encoding: ContentEncoding,
  { flush = 'comment', isBusy = never }: CompressorOptions = {},
): Compressor {
  if (encoding === 'gzip' || encoding === 'deflate') {
    return new DeflateCompressor(encoding, flush, isBusy)
  }
  return new NativeCompressor(encoding, codecOf(encoding)!)
}

/** undefined where this Node has none. */
export function codecOf(encoding: 'br' | 'zstd'): NativeCodec | undefined {
  return encoding === 'br' ? BROTLI : ZSTD
}
