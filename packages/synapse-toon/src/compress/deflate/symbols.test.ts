import { describe, expect, it } from 'vitest'
import {
  DISTANCE_RANGES,
  DISTANCE_SYMBOLS,
  FIRST_LENGTH_SYMBOL,
  LENGTH_RANGES,
  MAX_DISTANCE,
  MAX_MATCH,
  rangeIndexes,
} from './symbols.ts'

// The tables of [RFC 1951 §3.2.5], written out where they turn.
describe('lengths of matches', () => {
  const indexes = rangeIndexes(LENGTH_RANGES, MAX_MATCH)

  it.each([
    [3, 257, 0],
    [10, 264, 0],
    [11, 265, 1],
    [12, 265, 1],
    [13, 266, 1],
    [18, 268, 1],
    [19, 269, 2],
    [34, 272, 2],
    [35, 273, 3],
    [66, 276, 3],
    [67, 277, 4],
    [130, 280, 4],
    [131, 281, 5],
    [227, 284, 5],
    [257, 284, 5],
    [258, 285, 0],
  ])('%i is symbol %i with %i extra bits', (length, symbol, extraBits) => {
    const index = indexes[length]!
    expect(FIRST_LENGTH_SYMBOL + index).toBe(symbol)
    expect(LENGTH_RANGES[index]!.extraBits).toBe(extraBits)
  })
})

describe('distances of matches', () => {
  const indexes = rangeIndexes(DISTANCE_RANGES, MAX_DISTANCE)

  it.each([
    [1, 0, 0],
    [4, 3, 0],
    [5, 4, 1],
    [7, 5, 1],
    [9, 6, 2],
    [65, 12, 5],
    [96, 12, 5],
    [97, 13, 5],
    [257, 16, 7],
    [2049, 22, 10],
    [3073, 23, 10],
    [4096, 23, 10],
  ])('%i is symbol %i with %i extra bits', (distance, symbol, extraBits) => {
    const index = indexes[distance]!
    expect(index).toBe(symbol)
    expect(DISTANCE_RANGES[index]!.extraBits).toBe(extraBits)
  })

  it('the last symbol reaches to the largest distance and not beyond', () => {
    const { base, extraBits } = DISTANCE_RANGES[DISTANCE_SYMBOLS - 1]!
    expect(base + 2 ** extraBits - 1).toBe(MAX_DISTANCE)
  })
})
