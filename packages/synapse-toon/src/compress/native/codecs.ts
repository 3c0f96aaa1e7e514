import type { Buffer } from 'node:buffer'
import * as zlib from 'node:zlib'

/** How one codec of `node:zlib` is driven. */
export interface NativeCodec {
  /** Makes a stream for `SyncZlib`. */
  create(): object
  /** Flush that lets the client decode everything so far. */
  readonly flush: number
  readonly finish: number
  /** Decodes the beginning of a stream. */
  decode(bytes: Uint8Array): Buffer
  /** Decodes a whole stream; throws where its end is missing. */
  decodeAll(bytes: Uint8Array): Buffer
  /** Most bytes that text of so many bytes becomes in one flush, the head of the stream included. */
  bound(bytes: number): number
}

/** Node's streams keep a buffer of this size, which a synchronous one never uses; the least allowed. */
const CHUNK_SIZE = 64

const { constants } = zlib

/**
 * Level 5 is the first that finds what several events have in common; those below are larger and no
 * faster on token streams, those above gain nothing there. The window bounds the memory of a stream.
 */
export const BROTLI: NativeCodec = {
  create: () =>
    zlib.createBrotliCompress({
      chunkSize: CHUNK_SIZE,
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 5,
        [constants.BROTLI_PARAM_LGWIN]: 16,
      },
    }),
  flush: constants.BROTLI_OPERATION_FLUSH,
  finish: constants.BROTLI_OPERATION_FINISH,
  decode: (bytes) =>
    zlib.brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  decodeAll: (bytes) => zlib.brotliDecompressSync(bytes),
  // Text that cannot be made smaller goes into uncompressed meta-blocks [RFC 7932 §9.2].
  bound: (bytes) => bytes + 64 + 8 * Math.ceil(bytes / 0x1_0000),
}

/** What `node:zlib` has from 22.15 on, and the types of Node 20 do not know. */
interface ZstdParts {
  createZstdCompress(options: { chunkSize: number; params: Record<number, number> }): object
  zstdDecompressSync(bytes: Uint8Array, options?: { finishFlush: number }): Buffer
  readonly constants: Readonly<Record<`ZSTD_${string}`, number>>
}

/**
 * undefined where Node has none. A small window and small tables: by default a stream takes ten times
 * the memory, and is hardly smaller.
 */
export const ZSTD: NativeCodec | undefined = 'createZstdCompress' in zlib ? zstd(zlib) : undefined

function zstd(parts: unknown): NativeCodec {
  const { createZstdCompress, zstdDecompressSync, constants: names } = parts as ZstdParts
  return {
    create: () =>
      createZstdCompress({
        chunkSize: CHUNK_SIZE,
        params: {
          [names.ZSTD_c_compressionLevel!]: 5,
          [names.ZSTD_c_windowLog!]: 13,
          [names.ZSTD_c_hashLog!]: 11,
          [names.ZSTD_c_chainLog!]: 11,
        },
      }),
    flush: names.ZSTD_e_flush!,
    finish: names.ZSTD_e_end!,
    decode: (bytes) => zstdDecompressSync(bytes, { finishFlush: names.ZSTD_e_continue! }),
    decodeAll: (bytes) => zstdDecompressSync(bytes),
    // Raw blocks are at most as large as the window, with a head of three bytes [RFC 8878 §3.1.1.2].
    bound: (bytes) => bytes + 64 + 8 * Math.ceil(bytes / 0x2000),
  }
}
