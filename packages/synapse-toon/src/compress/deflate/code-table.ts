import { canonicalCodes, huffmanLengths } from './huffman.ts'
import {
  DISTANCE_RANGES,
  END_OF_BLOCK,
  FIRST_LENGTH_SYMBOL,
  LENGTH_RANGES,
  LITERAL_SYMBOLS,
  MAX_DISTANCE,
  MAX_MATCH,
  rangeIndexes,
  type SymbolRange,
} from './symbols.ts'

/**
 * Bits to be written, as one number: `value << COUNT_BITS | count`. Numbers in a typed array are the
 * cheapest that the inner loop can read, and one read gives both.
 */
export const COUNT_BITS = 5
export const COUNT_MASK = (1 << COUNT_BITS) - 1

/** What a block of one kind needs to be written. Shared by all streams, about 18 KiB. */
export interface CodeTable {
  /** By byte; at `END_OF_BLOCK` the end of the block. Packed bits. */
  readonly literals: Uint32Array
  /** By length of a match, with its extra bits. Packed bits. */
  readonly lengths: Uint32Array
  /** By distance of a match, with its extra bits. Packed bits. */
  readonly distances: Uint32Array
  /** What opens a block that is not the last one. Packed bits. */
  readonly header: Uint32Array
  /** Sum of the header's bits. */
  readonly headerBits: number
}

/** [RFC 1951 §3.2.3] "not the last block" and the kind of block, in the order of the wire. */
const OPEN_FIXED = packed(0b010, 3)
const OPEN_DYNAMIC = packed(0b100, 3)

/** [RFC 1951 §3.2.6] The codes that every decoder knows; there are two symbols more than are used. */
const FIXED_LITERALS = Array.from({ length: LITERAL_SYMBOLS + 2 }, (_, symbol) => {
  if (symbol < 144) return 8
  if (symbol < 256) return 9
  return symbol < 280 ? 7 : 8
})
const FIXED_DISTANCES = new Array<number>(30).fill(5)

/** Needs no header to speak of: what a stream begins with. */
export const FIXED_TABLE = createTable(FIXED_LITERALS, FIXED_DISTANCES, [OPEN_FIXED])

/**
 * A table of codes that a block carries in its header.
 *
 * @param literalLengths bits of the code of each literal and length; a complete code
 * @param distanceLengths the same of distances
 */
export function createDynamicTable(
  literalLengths: readonly number[],
  distanceLengths: readonly number[],
): CodeTable {
  return createTable(literalLengths, distanceLengths, headerOf(literalLengths, distanceLengths))
}

function createTable(
  literalLengths: readonly number[],
  distanceLengths: readonly number[],
  header: readonly number[],
): CodeTable {
  const symbols = packedCodes(literalLengths)
  return {
    literals: Uint32Array.from(symbols.slice(0, END_OF_BLOCK + 1)),
    lengths: withExtraBits(LENGTH_RANGES, symbols.slice(FIRST_LENGTH_SYMBOL), MAX_MATCH),
    distances: withExtraBits(DISTANCE_RANGES, packedCodes(distanceLengths), MAX_DISTANCE),
    header: Uint32Array.from(header),
    headerBits: header.reduce((sum, bits) => sum + (bits & COUNT_MASK), 0),
  }
}

function packed(value: number, count: number): number {
  return (value << COUNT_BITS) | count
}

function packedCodes(lengths: readonly number[]): number[] {
  return canonicalCodes(lengths).map((code, symbol) => packed(code, lengths[symbol]!))
}

function withExtraBits(
  ranges: readonly SymbolRange[],
  symbols: readonly number[],
  max: number,
): Uint32Array {
  const indexes = rangeIndexes(ranges, max)
  return Uint32Array.from({ length: max + 1 }, (_, value) => {
    const { base, extraBits } = ranges[indexes[value]!]!
    if (value < base) return 0
    const symbol = symbols[indexes[value]!]!
    const count = symbol & COUNT_MASK
    // Extra bits follow the code [RFC 1951 §3.2.5].
    return packed((symbol >> COUNT_BITS) | ((value - base) << count), count + extraBits)
  })
}

/** Order in which a header gives the lengths of the codes for code lengths [RFC 1951 §3.2.7]. */
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
const CODE_LENGTH_SYMBOLS = 19
/** Longest code of a code length: it is given in three bits [RFC 1951 §3.2.7]. */
const MAX_CODE_LENGTH_BITS = 7
const COPY_PREVIOUS = 16
const SHORT_ZEROS = 17
const LONG_ZEROS = 18

/** A code length, or a run of them. Packed extra bits. */
type LengthItem = readonly [symbol: number, extra: number]

/** [RFC 1951 §3.2.7] */
function headerOf(literalLengths: readonly number[], distanceLengths: readonly number[]): number[] {
  const items = runsOf([...literalLengths, ...distanceLengths])
  const frequencies = new Array<number>(CODE_LENGTH_SYMBOLS).fill(0)
  for (const [symbol] of items) frequencies[symbol]!++
  const lengths = huffmanLengths(frequencies, MAX_CODE_LENGTH_BITS)
  const codes = packedCodes(lengths)
  let sent = CODE_LENGTH_SYMBOLS
  while (sent > 4 && lengths[CODE_LENGTH_ORDER[sent - 1]!] === 0) sent--
  return [
    OPEN_DYNAMIC,
    packed(literalLengths.length - FIRST_LENGTH_SYMBOL, 5),
    packed(distanceLengths.length - 1, 5),
    packed(sent - 4, 4),
    ...CODE_LENGTH_ORDER.slice(0, sent).map((symbol) => packed(lengths[symbol]!, 3)),
    ...items.flatMap(([symbol, extra]) => [codes[symbol]!, extra]),
  ]
}

/** Bits of the header of these code lengths: what a stream pays to use them. */
export function headerBits(literals: readonly number[], distances: readonly number[]): number {
  return headerOf(literals, distances).reduce((sum, bits) => sum + (bits & COUNT_MASK), 0)
}

/** A run goes on from literals into distances [RFC 1951 §3.2.7]. */
function runsOf(lengths: readonly number[]): LengthItem[] {
  const items: LengthItem[] = []
  for (let at = 0; at < lengths.length; ) {
    const length = lengths[at]!
    let end = at + 1
    while (lengths[end] === length) end++
    // A copy needs something before it; zeros have symbols of their own.
    if (length > 0) items.push([length, 0])
    let left = end - at - (length > 0 ? 1 : 0)
    while (left >= 3) {
      const [item, run] = length > 0 ? copyRun(left) : zeroRun(left)
      items.push(item)
      left -= run
    }
    for (; left > 0; left--) items.push([length, 0])
    at = end
  }
  return items
}

function copyRun(left: number): [LengthItem, number] {
  // Of seven, a run of six would leave one over.
  const run = left === 7 ? 4 : Math.min(left, 6)
  return [[COPY_PREVIOUS, packed(run - 3, 2)], run]
}

function zeroRun(left: number): [LengthItem, number] {
  const run = Math.min(left, 138)
  if (run <= 10) return [[SHORT_ZEROS, packed(run - 3, 3)], run]
  return [[LONG_ZEROS, packed(run - 11, 7)], run]
}
