import { Buffer } from 'node:buffer'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ZlibWrapper } from './zlib-wrapper.ts'

describe('ZlibWrapper', () => {
  it('begins with a head that is a multiple of 31 [RFC 1950 §2.2]', () => {
    const head = Buffer.from(new ZlibWrapper().head)
    expect(head.toString('hex')).toBe('7801')
    expect(head.readUInt16BE() % 31).toBe(0)
  })

  it('ends with the checksum that zlib writes, for any bytes in any parts', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 1, max: 20_000 }).map((length) => new Uint8Array(length).fill(0xff)),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const wrapper = new ZlibWrapper()
        for (const bytes of parts) wrapper.update(bytes)
        const expected = deflateSync(Buffer.concat(parts)).subarray(-4)
        expect(Buffer.from(wrapper.tail()).toString('hex')).toBe(expected.toString('hex'))
      }),
    )
  })
})
