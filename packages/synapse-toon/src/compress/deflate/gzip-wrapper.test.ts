import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { GzipWrapper } from './gzip-wrapper.ts'

describe('GzipWrapper', () => {
  it('begins with the head of [RFC 1952 §2.3]', () => {
    expect(Buffer.from(new GzipWrapper().head).toString('hex')).toBe('1f8b08000000000000ff')
  })

  it('ends with checksum and size, least significant byte first', () => {
    const wrapper = new GzipWrapper()
    // The check value of CRC-32: "123456789" gives cbf43926.
    wrapper.update(Buffer.from('1234'))
    wrapper.update(Buffer.from('56789'))
    expect(Buffer.from(wrapper.tail()).toString('hex')).toBe('2639f4cb09000000')
  })
})
