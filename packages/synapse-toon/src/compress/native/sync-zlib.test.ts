import { Buffer } from 'node:buffer'
import { constants, createBrotliCompress, createGunzip } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { CompressionError, SyncZlib } from './sync-zlib.ts'

describe('SyncZlib', () => {
  it('says that the codec failed, with its words', () => {
    const zlib = new SyncZlib(createGunzip())
    const noise = Buffer.from('this is no gzip')
    const write = () => zlib.write(constants.Z_SYNC_FLUSH, noise, noise.length, Buffer.alloc(99), 0)
    expect(write).toThrow(CompressionError)
    expect(write).toThrow(/incorrect header check/)
    zlib.close()
  })

  it('throws rather than keep back what the target has no room for', () => {
    const zlib = new SyncZlib(createBrotliCompress())
    const text = Buffer.from('data: {"delta":"Hel"}\n\n')
    const flush = constants.BROTLI_OPERATION_FLUSH
    expect(() => zlib.write(flush, text, text.length, Buffer.alloc(8), 0)).toThrow(CompressionError)
    zlib.close()
  })
})
