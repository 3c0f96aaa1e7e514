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
 * Level 5 is the first whose matches reach over several events: below it, tokens come out up to twice
 * as large. The window bounds the memory of a stream.
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
  // [RFC 7932 §9.2] an uncompressed meta-block of up to 16 MiB has a head of at most five bytes; the
  // encoder makes one of at least each 64 KiB.
  bound: (bytes) => bytes + 64 + 8 * Math.ceil(bytes / 0x1_0000),
}

/** What `node:zlib` has from 22.15 on, and the types of Node 20 do not know. */
interface ZstdParts {
  createZstdCompress(options: { chunkSize: number; params: Record<number, number> }): object
  zstdDecompressSync(bytes: Uint8Array, options?: { finishFlush: number }): Buffer
  readonly constants: Readonly<Record<`ZSTD_${string}`, number>>
}

/**
 * undefined where Node has none. A small window and small tables, which `ZSTD_c_*` parameters set:
 * by default a stream takes ten times the memory, and token streams gain nothing by it.
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
    // [RFC 8878 §3.1] a head of at most 18 bytes, and blocks of at most the window, each with three.
    bound: (bytes) => bytes + 64 + 8 * Math.ceil(bytes / 0x2000),
  }
}
