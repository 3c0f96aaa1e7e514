// Our encoders and those of Node beside them, all driven on the main thread with a flush per write.
import * as zlib from 'node:zlib'
import { createCompressor } from '../../packages/synapse-toon/src/compress/create-compressor.ts'
import { SyncZlib } from '../../packages/synapse-toon/src/compress/native/sync-zlib.ts'

const { constants } = zlib
const hasZstd = 'createZstdCompress' in zlib
const input = Buffer.allocUnsafeSlow(1 << 20)
const target = Buffer.allocUnsafeSlow(1 << 21)

/** Ours, as the product makes them. */
function own(encoding, options) {
  return () => {
    const compressor = createCompressor(encoding, options)
    return {
      write: (text, bytes) => compressor.compress(text, bytes).length,
      end: () => compressor.finish().length,
      close: () => compressor.close(),
    }
  }
}

/** A codec of Node with other settings. */
function node(create, flush, finish) {
  return () => {
    const codec = new SyncZlib(create())
    return {
      write(text, bytes) {
        input.write(text, 0, bytes, bytes === text.length ? 'latin1' : 'utf8')
        return codec.write(flush, input, bytes, target, 0)
      },
      end: () => codec.write(finish, input, 0, target, 0),
      close: () => codec.close(),
    }
  }
}

const gzip = (options) =>
  node(() => zlib.createGzip(options), constants.Z_SYNC_FLUSH, constants.Z_FINISH)
const brotli = (quality) =>
  node(
    () => zlib.createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    constants.BROTLI_OPERATION_FLUSH,
    constants.BROTLI_OPERATION_FINISH,
  )
const zstd = (level) =>
  node(
    () => zlib.createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } }),
    constants.ZSTD_e_flush,
    constants.ZSTD_e_end,
  )

/** By name: makes the encoder of one stream. */
export const ENCODERS = {
  'gzip, ours': own('gzip'),
  'gzip, ours, with markers': own('gzip', { flush: 'marker' }),
  'deflate, ours': own('deflate'),
  ...(hasZstd && { 'zstd, as we set it': own('zstd') }),
  'br, as we set it': own('br'),
  'zlib gzip 1': gzip({ level: 1 }),
  'zlib gzip 6': gzip({ level: 6 }),
  'zlib gzip 6, small': gzip({ level: 6, windowBits: 12, memLevel: 3 }),
  'br 4': brotli(4),
  ...(hasZstd && { 'zstd 3': zstd(3) }),
}
