import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FIXED_TABLE } from './code-table.ts'
import {
  FIRST_MATCH_TOKEN,
  MAX_PIECE,
  MatchWindow,
  TOKENS,
  tokenDistance,
  tokenLength,
} from './match-window.ts'
import { MAX_DISTANCE } from './symbols.ts'
import { TABLES } from './tables.ts'

/** Writes a text and returns its tokens; slides where it must. */
function parse(window: MatchWindow, text: string, table = FIXED_TABLE): number[] {
  const bytes = Buffer.byteLength(text)
  if (!window.hasRoom(bytes)) window.slide()
  const start = window.end
  window.writeText(text, bytes)
  return [...TOKENS.subarray(0, window.parse(start, table))]
}

/** What a decoder makes of tokens, after what it has already. */
function replay(decoded: number[], tokens: readonly number[]): void {
  for (const token of tokens) {
    if (token < FIRST_MATCH_TOKEN) {
      decoded.push(token)
      continue
    }
    const distance = tokenDistance(token)
    if (distance > decoded.length || distance > MAX_DISTANCE) throw new Error('points before all')
    for (let left = tokenLength(token); left > 0; left--) decoded.push(decoded.at(-distance)!)
  }
}

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom('a', 'b', 'ü', '漢', '😀', '\ud800'), maxLength: 400 }),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.integer({ min: 1, max: 60 }).map((times) => 'data: {"delta":" the"}\n\n'.repeat(times)),
  ),
  { maxLength: 30 },
)

describe('MatchWindow', () => {
  it('finds tokens that make the same text again, for any texts', () => {
    fc.assert(
      fc.property(texts, fc.nat(TABLES.length - 1), (all, table) => {
        const window = new MatchWindow()
        const decoded: number[] = []
        for (const text of all) replay(decoded, parse(window, text, TABLES[table]))
        expect(Buffer.from(decoded)).toEqual(Buffer.concat(all.map((text) => Buffer.from(text))))
      }),
    )
  })

  it('takes what was a few events ago as one match', () => {
    const window = new MatchWindow()
    parse(window, 'id: 1\ndata: {"delta":"one"}\n\n')
    const tokens = parse(window, 'id: 1\ndata: {"delta":"one"}\n\n')
    expect(tokens).toEqual([(29 << 9) | 29])
  })

  it('takes a byte as a literal where a better match begins after it', () => {
    const window = new MatchWindow()
    parse(window, '12abc-345 bcdefghij ')
    // "abc" would be a match, and "bcdefghij " a much longer one.
    const tokens = parse(window, 'abcdefghij ')
    expect(tokens[0]).toBe(0x61)
    expect(tokenLength(tokens[1]!)).toBe(10)
  })

  it('does not take a match that costs more than its letters', () => {
    const window = new MatchWindow()
    parse(window, `eee${'x'.repeat(2500)}`)
    const frames = TABLES[1]!
    expect(parse(window, 'eee', frames)).toEqual([0x65, 0x65, 0x65])
  })

  it('writes what a longest match leaves over as letters, where that is too short', () => {
    const window = new MatchWindow()
    const text = Array.from({ length: 260 }, (_, i) => String.fromCharCode(33 + (i % 90))).join('')
    parse(window, text)
    const tokens = parse(window, text)
    expect(tokenLength(tokens[0]!)).toBe(258)
    expect(tokens.slice(1)).toEqual([text.charCodeAt(258), text.charCodeAt(259)])
  })

  it('keeps all that a match can reach when it slides, and no more', () => {
    const window = new MatchWindow()
    parse(window, 'y'.repeat(50))
    parse(window, 'needle in the haystack')
    parse(window, 'x'.repeat(MAX_DISTANCE - 22))
    window.slide()
    expect(window.end).toBe(MAX_DISTANCE)
    expect(tokenDistance(parse(window, 'needle in the haystack')[0]!)).toBe(MAX_DISTANCE)
    expect(window.hasRoom(MAX_PIECE)).toBe(false)
    window.slide()
    expect(window.hasRoom(MAX_PIECE)).toBe(true)
  })

  it('finds matches after more text than its index can count', () => {
    const window = new MatchWindow()
    const decoded: number[] = []
    let all = ''
    for (let i = 0; i < 400; i++) {
      const text = `${i} ${'z'.repeat(i)} the same words each time\n`
      all += text
      replay(decoded, parse(window, text))
    }
    expect(all.length).toBeGreaterThan(0x10000)
    expect(Buffer.from(decoded).toString()).toBe(all)
    expect(parse(window, ' the same words each time\n').length).toBe(1)
  })

  it('refers to nothing from before it was cleared', () => {
    const window = new MatchWindow()
    parse(window, 'seen by nobody')
    window.clear()
    const tokens = parse(window, 'seen by nobody')
    expect(Buffer.from(tokens).toString()).toBe('seen by nobody')
  })

  it('finds text that was put in without being parsed', () => {
    const window = new MatchWindow()
    window.writeBytes(Buffer.from('went another way'))
    window.indexFrom(0)
    expect(parse(window, 'went another way')).toEqual([(16 << 9) | 16])
  })
})
