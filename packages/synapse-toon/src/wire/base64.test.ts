import { describe, expect, it } from 'vitest'
import { base64ToBytes, decodeUtf8 } from './base64.ts'

describe('base64ToBytes', () => {
  it.each([
    ['', []],
    ['AA==', [0]],
    ['+/8A', [0xfb, 0xff, 0x00]],
  ])('reads %j', (base64, bytes) => {
    expect([...base64ToBytes(base64)]).toEqual(bytes)
  })

  it('throws on what is not base64', () => {
    expect(() => base64ToBytes('*')).toThrow()
  })
})

describe('decodeUtf8', () => {
  it('keeps a BOM, which is content here', () => {
    expect(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x78]))).toBe('\ufeffx')
  })

  it('throws on bytes that are not UTF-8', () => {
    expect(() => decodeUtf8(new Uint8Array([0xc3]))).toThrow(TypeError)
  })
})
