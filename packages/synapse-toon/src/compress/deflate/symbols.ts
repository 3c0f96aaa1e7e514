/** How lengths and distances of matches become symbols with extra bits [RFC 1951 §3.2.5]. */
export interface SymbolRange {
  /** Smallest value that the symbol stands for. */
  readonly base: number
  /** Bits that follow the symbol and are added to `base`. */
  readonly extraBits: number
}

export const MIN_MATCH = 3
export const MAX_MATCH = 258
/** Symbol that ends a block; 0 to 255 are literal bytes, lengths come after it. */
export const END_OF_BLOCK = 256
export const FIRST_LENGTH_SYMBOL = 257
/** Literal bytes, the end of block and 29 lengths. */
export const LITERAL_SYMBOLS = 286

/**
 * Longest distance that we write. Event streams repeat what was a few events ago; a larger window
 * costs memory on each connection and gains little (`bench/compress/measure.mjs`).
 */
export const MAX_DISTANCE = 4096
/** Distances up to `MAX_DISTANCE`. */
export const DISTANCE_SYMBOLS = 24

/** The first four lengths have a symbol each, then four symbols share each number of extra bits. */
export const LENGTH_RANGES: readonly SymbolRange[] = [
  ...ranges(28, MIN_MATCH, (index) => Math.max(0, (index >> 2) - 1)),
  // The longest length is a symbol of its own, which the range before it could express too.
  { base: MAX_MATCH, extraBits: 0 },
]

export const DISTANCE_RANGES: readonly SymbolRange[] = ranges(DISTANCE_SYMBOLS, 1, (index) =>
  Math.max(0, (index >> 1) - 1),
)

function ranges(count: number, first: number, extraBitsOf: (index: number) => number) {
  const found: SymbolRange[] = []
  for (let base = first; found.length < count; ) {
    const extraBits = extraBitsOf(found.length)
    found.push({ base, extraBits })
    base += 1 << extraBits
  }
  return found
}

/** For each value up to `max`, the index of its range. */
export function rangeIndexes(ranges: readonly SymbolRange[], max: number): Uint8Array {
  const indexes = new Uint8Array(max + 1)
  let index = 0
  for (let value = ranges[0]!.base; value <= max; value++) {
    if (value >= (ranges[index + 1]?.base ?? Number.POSITIVE_INFINITY)) index++
    indexes[value] = index
  }
  return indexes
}
