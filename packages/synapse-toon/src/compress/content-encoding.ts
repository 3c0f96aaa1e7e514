/** Codings of a whole stream that we can write [RFC 9110 §8.4.1]. `deflate` is the zlib format. */
export type ContentEncoding = 'gzip' | 'deflate' | 'zstd' | 'br'

/**
 * What is chosen where a client accepts several alike, by size, time and memory at once, as
 * `bench/compress/measure.mjs` measures them on token streams: `gzip` and `deflate`, our own encoder,
 * are ahead in all three; `zstd` and `br` are alike in size, and `br` takes several times the time and
 * memory. `gzip` before `deflate`, which some old clients read without its head.
 */
export const DEFAULT_PREFERENCE: readonly ContentEncoding[] = ['gzip', 'deflate', 'zstd', 'br']
