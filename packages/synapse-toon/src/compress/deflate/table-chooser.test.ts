import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { type CodeTable, FIXED_TABLE } from './code-table.ts'
import { MatchWindow } from './match-window.ts'
import { TableChooser } from './table-chooser.ts'
import { TABLES } from './tables.ts'
import { TRAINED_LENGTHS } from './trained-lengths.ts'

const NAMES = ['fixed', ...Object.keys(TRAINED_LENGTHS)]

/** As large as it may be. */
const ANY = Number.MAX_SAFE_INTEGER

/** Frames go through a window and a chooser, which changes tables as a stream would. */
function stream(goesOn = true) {
  const window = new MatchWindow()
  const chooser = new TableChooser()
  let current: CodeTable = FIXED_TABLE
  let seq = 0
  return (delta: string, mayTake = ANY) => {
    const text = `id: 5f0c7a52-91d3-8e14-b0a6-${String(++seq).padStart(12, '0')}\nevent: update\ndata: ${JSON.stringify({ delta })}\n\n`
    const bytes = Buffer.byteLength(text)
    if (!window.hasRoom(bytes)) window.slide()
    const start = window.end
    window.writeText(text, bytes)
    const count = window.parse(start, current)
    const weight = TableChooser.weight(current, seq, goesOn)
    if (weight > 0) current = chooser.choose(weight, count, current, mayTake, goesOn)
    return NAMES[TABLES.indexOf(current)]
  }
}

const ENGLISH = ' the answer is that most of these words are common in a text like this'.split(
  /(?= )/,
)
/** Characters from the common half of the block, one after the other as chance has it. */
const CHINESE = Array.from({ length: 2000 }, (_, i) =>
  String.fromCharCode(0x4e00 + ((i * i * 7919) % 9973)),
)
const RANDOM = Array.from({ length: 40 }, (_, i) =>
  Buffer.from(Uint8Array.from({ length: 90 }, (_, k) => (i * 7919 + k * k * 31) >> 3)).toString(
    'base64',
  ),
)

describe('TableChooser', () => {
  it('begins with the codes that cost no header', () => {
    expect(stream()(' the')).toBe('fixed')
  })

  it.each([
    ['English tokens', ENGLISH, 'frames'],
    ['Chinese tokens', CHINESE, 'framesOfOtherScripts'],
    ['base64', RANDOM, 'base64'],
  ] as const)(
    'goes over to the table that is for %s, within a few events',
    (_what, tokens, name) => {
      const write = stream()
      const tables = tokens.slice(0, 20).map((token) => write(token))
      expect(tables.at(-1)).toBe(name)
      // And stays there.
      const since = tables.indexOf(name)
      expect(new Set(tables.slice(since)).size).toBe(1)
    },
  )

  it('does not go over before there is so much that a header may be paid for', () => {
    const write = stream()
    for (const token of ENGLISH) expect(write(token, 8 * 60)).toBe('fixed')
    expect(write(' then', 8 * 100)).toBe('frames')
  })

  it('goes over again when a stream changes its language for good, not for a word', () => {
    const write = stream()
    for (const token of ENGLISH) write(token)
    for (const token of CHINESE.slice(0, 6)) expect(write(token)).toBe('frames')
    for (const token of CHINESE) write(token)
    expect(write('好')).toBe('framesOfOtherScripts')
  })

  it('chooses for one flush alone where each block ends with its flush', () => {
    const write = stream(false)
    for (let i = 0; i < 10; i++) {
      for (const token of ENGLISH) expect(write(token)).toBe('fixed')
    }
  })
})
