import { createFakeClock } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { startBottomLine } from './bottom-line.ts'
import { createTestTerminal } from './test-terminal.ts'

describe('the line at the bottom', () => {
  it('stays below all text, which loses nothing by it', async () => {
    const clock = createFakeClock()
    const terminal = createTestTerminal(6, 40)
    terminal.write('$ tail\n')
    let count = 0
    const bottom = startBottomLine(terminal, clock, () => `events: ${count}`)!
    for (count = 1; count <= 9; count++) {
      terminal.write(`event ${count}\n`)
      await clock.advance(250)
      expect(terminal.screen().at(-1)).toBe(`events: ${count}`)
    }
    terminal.write('half')
    await clock.advance(250)
    terminal.write(' a line')
    expect(terminal.screen()).toEqual([
      'event 6',
      'event 7',
      'event 8',
      'event 9',
      'half a line',
      'events: 10',
    ])
    expect(terminal.scrolledAway()).toEqual(['$ tail', ...[1, 2, 3, 4, 5].map((n) => `event ${n}`)])

    bottom.end()
    terminal.write('\nlast\n$')
    bottom.end()
    expect(terminal.screen()).toEqual(['event 7', 'event 8', 'event 9', 'half a line', 'last', '$'])
    expect(clock.pending).toBe(0)
  })

  it('makes room for itself where the cursor is in the last row', () => {
    const terminal = createTestTerminal(4, 40)
    terminal.write('1\n2\n3\n4')
    const bottom = startBottomLine(terminal, createFakeClock(), () => 'line')!
    terminal.write('\n5')
    expect(terminal.screen()).toEqual(['3', '4', '5', 'line'])
    bottom.end()
  })

  it('is cut where it is longer than the row', () => {
    const terminal = createTestTerminal(4, 10)
    startBottomLine(terminal, createFakeClock(), () => 'x'.repeat(50))!.end()
    expect(terminal.written()).toContain(`\x1b[2K${'x'.repeat(9)}\x1b8`)
  })

  it('follows the terminal to another size', async () => {
    const terminal = createTestTerminal(4, 40)
    const bottom = startBottomLine(terminal, createFakeClock(), () => 'line')!
    terminal.resize(6)
    expect(terminal.screen().at(-1)).toBe('line')
    terminal.write('a\nb\nc\nd\ne\nf')
    expect(terminal.screen().at(-1)).toBe('line')
    bottom.end()
    expect(terminal.screen().at(-1)).toBe('')
    expect(terminal.listeners()).toBe(0)
  })

  it.each([
    ['no terminal', { isTTY: false, rows: 24 }],
    ['a terminal of unknown size', { isTTY: true }],
    ['one of two rows', { isTTY: true, rows: 2 }],
  ])('is not there on %s', (_, shape) => {
    const written: unknown[] = []
    const output = { ...shape, write: (text: unknown) => void written.push(text) }
    expect(startBottomLine(output, createFakeClock(), () => 'line')).toBeUndefined()
    expect(written).toEqual([])
  })
})
