import { Buffer } from 'node:buffer'
import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { BitWriter, costOf } from './bit-writer.ts'
import { COUNT_BITS, FIXED_TABLE } from './code-table.ts'
import { FIRST_MATCH_TOKEN, TOKENS } from './match-window.ts'
import { END_OF_BLOCK } from './symbols.ts'

const bits = (value: number, count: number) => (value << COUNT_BITS) | count

function written(write: (writer: BitWriter) => void): { bytes: Buffer; writer: BitWriter } {
  const target = Buffer.alloc(256)
  const writer = new BitWriter()
  writer.begin(target, 0)
  write(writer)
  return { bytes: target.subarray(0, writer.end()), writer }
}

describe('BitWriter', () => {
  it('fills a byte from its least significant bit on [RFC 1951 §3.1.1]', () => {
    const { bytes } = written((writer) => {
      writer.write(bits(0b1, 1))
      writer.write(bits(0b010, 3))
      writer.write(bits(0b1100, 4))
    })
    expect([...bytes]).toEqual([0b1100_010_1])
  })

  it('keeps the bits that fill no byte for the next target', () => {
    const { bytes, writer } = written((first) => first.write(bits(0b101, 3)))
    expect([...bytes]).toEqual([])
    expect(writer.pendingBits).toBe(3)
    const target = Buffer.alloc(4)
    writer.begin(target, 2)
    writer.write(bits(0b11111, 5))
    expect(writer.end()).toBe(3)
    expect([...target]).toEqual([0, 0, 0b11111101, 0])
  })

  it('takes 25 bits at once with seven waiting', () => {
    const { bytes } = written((writer) => {
      writer.write(bits(0, 7))
      writer.write(bits(2 ** 25 - 1, 25))
    })
    expect([...bytes]).toEqual([0x80, 0xff, 0xff, 0xff])
  })

  it('writes the known bytes of a block with fixed codes', () => {
    // "a" and the end of the block, as zlib writes them: 4b 04 00.
    const { bytes } = written((writer) => {
      writer.write(bits(0b011, 3))
      TOKENS[0] = 0x61
      writer.writeTokens(1, FIXED_TABLE)
      writer.write(FIXED_TABLE.literals[END_OF_BLOCK]!)
      writer.align()
    })
    expect(bytes.toString('hex')).toBe('4b0400')
  })

  it('writes matches that zlib reads, and they cost what was said', () => {
    TOKENS.set([0x61, 0x62, (2 << 9) | 10, (1 << 9) | 258])
    const { bytes, writer } = written((one) => {
      one.write(bits(0b011, 3))
      one.writeTokens(4, FIXED_TABLE)
    })
    expect(costOf(4, FIXED_TABLE)).toBe(8 * bytes.length + writer.pendingBits - 3)
    const end = Buffer.alloc(8)
    writer.begin(end, 0)
    writer.write(FIXED_TABLE.literals[END_OF_BLOCK]!)
    writer.align()
    const all = Buffer.concat([bytes, end.subarray(0, writer.end())])
    expect(inflateRawSync(all).toString()).toBe(`${'ab'.repeat(6)}${'b'.repeat(258)}`)
    expect(FIRST_MATCH_TOKEN).toBe(512)
  })

  it('begins a stored block at a byte; an empty one is the sync marker of zlib', () => {
    const { bytes } = written((writer) => {
      writer.write(bits(0b1, 1))
      writer.beginStored(0)
      writer.beginStored(3)
      writer.writeBytes(Buffer.from('abc'))
    })
    expect(bytes.toString('hex')).toBe(`010000ffff${'00'}0300fcff616263`)
  })
})
