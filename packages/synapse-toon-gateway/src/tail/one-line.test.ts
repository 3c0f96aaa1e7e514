import { describe, expect, it } from 'vitest'
import { forTerminal, oneLine } from './one-line.ts'

describe('text for a terminal', () => {
  it('keeps letters, lines, tabs and emoji as they are', () => {
    const text = 'naïve 線\n\t🙂 "x"\u2028'
    expect(forTerminal(text)).toBe(text)
  })

  it.each([
    ['\x1b]0;title\x07', '\ufffd]0;title\ufffd'],
    ['\x1b[2Jgone', '\ufffd[2Jgone'],
    ['a\rb', 'a\ufffdb'],
    ['\u009b31m', '\ufffd31m'],
    ['a\bb\x7f\0', 'a\ufffdb\ufffd\ufffd'],
  ])('shows what would command it: %j', (text, shown) => {
    expect(forTerminal(text)).toBe(shown)
  })
})

it("somebody else's text on one line stays on one line", () => {
  expect(oneLine('  a\r\nb\n\n c\x1b[31m ')).toBe('a b c\ufffd[31m')
})
