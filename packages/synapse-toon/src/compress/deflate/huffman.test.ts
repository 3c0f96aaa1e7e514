import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalCodes, huffmanLengths, isCompleteCode } from './huffman.ts'

/** A code as it is written down: its first bit first. */
function asText(code: number, length: number): string {
  return Array.from({ length }, (_, bit) => (code >> bit) & 1).join('')
}

describe('canonicalCodes', () => {
  it('gives the codes of the example in [RFC 1951 §3.2.2]', () => {
    const lengths = [3, 3, 3, 3, 3, 2, 4, 4]
    const codes = canonicalCodes(lengths).map((code, symbol) => asText(code, lengths[symbol]!))
    expect(codes).toEqual(['010', '011', '100', '101', '110', '00', '1110', '1111'])
  })

  it('gives a symbol without a code none', () => {
    expect(canonicalCodes([1, 0, 1])).toEqual([0, 0, 1])
  })
})

const frequencies = fc.array(fc.nat(10_000), { minLength: 2, maxLength: 286 })

describe('huffmanLengths', () => {
  it('makes a complete code within the limit, for any frequencies', () => {
    fc.assert(
      fc.property(frequencies, fc.integer({ min: 9, max: 15 }), (counts, maxBits) => {
        fc.pre(counts.filter((count) => count > 0).length >= 2)
        const lengths = huffmanLengths(counts, maxBits)
        expect(isCompleteCode(lengths)).toBe(true)
        expect(Math.max(...lengths)).toBeLessThanOrEqual(maxBits)
        expect(lengths.map((length) => length > 0)).toEqual(counts.map((count) => count > 0))
      }),
    )
  })

  it('is as short as a Huffman tree where the limit does not matter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 12 }),
        (counts) => {
          const lengths = huffmanLengths(counts, 15)
          const bits = lengths.reduce((sum, length, symbol) => sum + length * counts[symbol]!, 0)
          expect(bits).toBe(treeBits(counts))
        },
      ),
    )
  })

  it('makes the rarest longest', () => {
    expect(huffmanLengths([8, 4, 2, 1, 1], 15)).toEqual([1, 2, 3, 4, 4])
  })

  it('keeps to the limit where the tree would be deeper', () => {
    expect(huffmanLengths([8, 4, 2, 1, 1], 3)).toEqual([1, 3, 3, 3, 3])
  })
})

/** The sum of all inner nodes of the tree that always joins the two smallest. */
function treeBits(counts: readonly number[]): number {
  const nodes = [...counts]
  let bits = 0
  while (nodes.length > 1) {
    nodes.sort((a, b) => b - a)
    const joined = nodes.pop()! + nodes.pop()!
    nodes.push(joined)
    bits += joined
  }
  return bits
}

describe('isCompleteCode', () => {
  it.each([
    ['two codes of one bit', [1, 1], true],
    ['a code that some bits do not reach', [1, 2], false],
    ['a code that some bits would reach twice', [1, 1, 1], false],
    ['one with symbols left out', [0, 1, 0, 2, 2], true],
  ])('%s', (_what, lengths, expected) => {
    expect(isCompleteCode(lengths)).toBe(expected)
  })
})
