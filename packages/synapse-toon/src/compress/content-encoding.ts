/** Codings of a whole stream that we can write [RFC 9110 §8.4.1]. `deflate` is the zlib format. */
export type ContentEncoding = 'gzip' | 'deflate' | 'zstd' | 'br'

/**
 * What is chosen where a client accepts several alike: the smallest output, least time and least
 * memory first, as `bench/compress/measure.mjs` measures them on token streams. There `gzip` and
 * `deflate` are our own encoder, and `br` is the largest of all that costs as much.
 */
export const DEFAULT_PREFERENCE: readonly ContentEncoding[] = ['gzip', 'deflate', 'zstd', 'br']
