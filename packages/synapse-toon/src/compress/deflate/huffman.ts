/** Longest code of literals, lengths and distances [RFC 1951 §3.2.7]. */
const MAX_CODE_BITS = 15

/**
 * The codes that belong to code lengths [RFC 1951 §3.2.2], reversed: DEFLATE packs the bits of a
 * byte from the least significant one on, and the bits of a code from the most significant.
 *
 * @param lengths bits of each symbol's code, 0 for a symbol without one
 */
export function canonicalCodes(lengths: readonly number[]): number[] {
  const count = new Array<number>(MAX_CODE_BITS + 1).fill(0)
  for (const length of lengths) if (length > 0) count[length]!++
  const next: number[] = [0]
  for (let bits = 1; bits <= MAX_CODE_BITS; bits++) {
    next[bits] = (next[bits - 1]! + count[bits - 1]!) << 1
  }
  return lengths.map((length) => (length === 0 ? 0 : reverseBits(next[length]!++, length)))
}

function reverseBits(value: number, bits: number): number {
  let reversed = 0
  for (let left = bits; left > 0; left--) {
    reversed = (reversed << 1) | (value & 1)
    value >>= 1
  }
  return reversed
}

/**
 * Whether every sequence of bits means something and only one thing: zlib's inflate refuses codes
 * of which this is not true.
 */
export function isCompleteCode(lengths: readonly number[]): boolean {
  let used = 0
  for (const length of lengths) if (length > 0) used += 2 ** (MAX_CODE_BITS - length)
  return used === 2 ** MAX_CODE_BITS
}

/**
 * Code lengths that make a text with these frequencies as short as can be, by package-merge: a
 * plain Huffman tree has no limit on the length of a code.
 *
 * @param frequencies 0 gives a symbol no code; at least two must be above 0
 */
export function huffmanLengths(frequencies: readonly number[], maxBits: number): number[] {
  const leaves = frequencies
    .map((weight, symbol) => ({ weight, symbols: [symbol] }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => a.weight - b.weight)
  let row = leaves
  for (let bits = 1; bits < maxBits; bits++) {
    const packages: typeof leaves = []
    for (let i = 0; i + 1 < row.length; i += 2) {
      const [a, b] = [row[i]!, row[i + 1]!]
      packages.push({ weight: a.weight + b.weight, symbols: [...a.symbols, ...b.symbols] })
    }
    row = [...leaves, ...packages].sort((a, b) => a.weight - b.weight)
  }
  const lengths = new Array<number>(frequencies.length).fill(0)
  for (const { symbols } of row.slice(0, 2 * leaves.length - 2)) {
    for (const symbol of symbols) lengths[symbol]!++
  }
  return lengths
}
