import { Buffer } from 'node:buffer'
import { inflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BitWriter } from './bit-writer.ts'
import { type CodeTable, createDynamicTable, FIXED_TABLE, headerBits } from './code-table.ts'
import { huffmanLengths, isCompleteCode } from './huffman.ts'
import { TOKENS } from './match-window.ts'
import {
  DISTANCE_SYMBOLS,
  END_OF_BLOCK,
  LITERAL_SYMBOLS,
  MAX_DISTANCE,
  MAX_MATCH,
} from './symbols.ts'
import { TABLES } from './tables.ts'
import { TRAINED_LENGTHS } from './trained-lengths.ts'

/** A whole DEFLATE stream of one block of this table and a final empty one. */
function blockOf(table: CodeTable, tokens: readonly number[]): Buffer {
  const target = Buffer.alloc(4096)
  const writer = new BitWriter()
  writer.begin(target, 0)
  writer.writeAll(table.header)
  TOKENS.set(tokens)
  writer.writeTokens(tokens.length, table)
  writer.write(table.literals[END_OF_BLOCK]!)
  writer.beginStored(0)
  writer.write((0b011 << 5) | 10)
  writer.align()
  return target.subarray(0, writer.end())
}

const EVERY_BYTE = Array.from({ length: 256 }, (_, byte) => byte)

describe('the fixed table', () => {
  it('has the codes of [RFC 1951 §3.2.6]: all bytes and matches inflate', () => {
    const tokens = [...EVERY_BYTE, (256 << 9) | 258, (4 << 9) | 3]
    const text = inflateRawSync(blockOf(FIXED_TABLE, tokens))
    const bytes = Buffer.from(EVERY_BYTE)
    const repeated = Buffer.concat([bytes, bytes, bytes.subarray(0, 2)])
    expect(text).toEqual(Buffer.concat([repeated, repeated.subarray(-4, -1)]))
  })
})

describe.each(Object.entries(TRAINED_LENGTHS))('the trained table %s', (_name, digits) => {
  const lengths = Array.from(digits, (digit) => Number.parseInt(digit, 16))
  const table = TABLES[1 + Object.values(TRAINED_LENGTHS).indexOf(digits)]!

  it('has complete codes for every byte, length and distance', () => {
    expect(lengths).toHaveLength(LITERAL_SYMBOLS + DISTANCE_SYMBOLS)
    expect(Math.min(...lengths)).toBeGreaterThan(0)
    expect(isCompleteCode(lengths.slice(0, LITERAL_SYMBOLS))).toBe(true)
    expect(isCompleteCode(lengths.slice(LITERAL_SYMBOLS))).toBe(true)
  })

  it('is read by zlib, every byte, length and distance of it', () => {
    const random = Array.from({ length: MAX_DISTANCE }, (_, i) => (i * 7919 + (i >> 5)) & 0xff)
    const start = Buffer.from(random)
    // More than fits one call: in pieces, each a block of its own.
    for (let length = 3; length <= MAX_MATCH; length++) {
      const distance = 1 + ((length * 16) % MAX_DISTANCE)
      const inflated = inflateRawSync(blockOf(table, [(distance << 9) | length]), {
        dictionary: start,
      })
      const expected = Buffer.alloc(length)
      for (let i = 0; i < length; i++) {
        const at = MAX_DISTANCE - distance + i
        expected[i] = at < MAX_DISTANCE ? start[at]! : expected[at - MAX_DISTANCE]!
      }
      expect(inflated.equals(expected)).toBe(true)
    }
    expect(inflateRawSync(blockOf(table, EVERY_BYTE))).toEqual(Buffer.from(EVERY_BYTE))
  })
})

describe('createDynamicTable', () => {
  const counts = (length: number) =>
    fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: length, maxLength: length })

  it('writes a header that zlib reads, for any code lengths, and says how long it is', () => {
    fc.assert(
      fc.property(counts(LITERAL_SYMBOLS), counts(DISTANCE_SYMBOLS), (literals, distances) => {
        const lengths = huffmanLengths(literals, 13)
        const table = createDynamicTable(lengths, huffmanLengths(distances, 13))
        expect(inflateRawSync(blockOf(table, [0x61, (1 << 9) | 5])).toString()).toBe('aaaaaa')
        expect(table.headerBits).toBe(headerBits(lengths, huffmanLengths(distances, 13)))
      }),
    )
  })

  it('writes runs of equal lengths and of symbols without a code', () => {
    // Only "a", "b", the end and two distances have codes: long runs of zeros around them.
    const literals = new Array<number>(LITERAL_SYMBOLS).fill(0)
    literals[0x61] = 1
    literals[0x62] = 2
    literals[END_OF_BLOCK] = 2
    const distances = new Array<number>(DISTANCE_SYMBOLS).fill(0).fill(1, 0, 2)
    const table = createDynamicTable(literals, distances)
    expect(inflateRawSync(blockOf(table, [0x61, 0x62, 0x61])).toString()).toBe('aba')
    expect(table.headerBits).toBeLessThan(8 * 20)
  })
})
