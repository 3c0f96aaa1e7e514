import { afterEach, describe, expect, it, vi } from 'vitest'
import { createEventStreamParser } from './parser.ts'
import { piecesOf, utf8 } from './test-kit.ts'

// In a file of its own, so that V8 optimises the parser for what these tests feed it.
describe('the parser, once V8 has optimised it', () => {
  // V8 moves a pure search whose result only the loop reads into the loop, and does it again for
  // each line: half a minute per read of 2 MB. Counted calls cannot show that, since the source
  // makes the call once; it shows as a test that does not end.
  it.each(['\n', '\r', '\r\n'])(
    'stays linear for 4 reads of 300,000 events with the line end %j',
    (lineEnd) => {
      const bytes = utf8(`data: x${lineEnd}${lineEnd}`.repeat(300_000))
      let events = 0
      const parser = createEventStreamParser({ onEvent: () => events++ })
      for (let read = 0; read < 4; read++) parser.feed(bytes)
      expect(events).toBe(1_200_000)
    },
  )
})

// Work is counted, not timed: characters that are joined, characters that a search passes.
describe('the work of the parser', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const line = utf8(`data: ${'x'.repeat(256 * 1024)}\n\n`)

  it.each([1, 7, 16 * 1024])(
    'for a 256 KiB line in reads of %i bytes is two copies, and a few searches',
    (size) => {
      const lengths: number[] = []
      const parser = createEventStreamParser({ onEvent: ({ data }) => lengths.push(data.length) })
      const joined = countJoinedCharacters()
      const passed = countSearchedCharacters()
      for (const piece of piecesOf(line, size)) parser.feed(piece)
      expect(lengths).toEqual([256 * 1024])
      expect(joined()).toBeLessThanOrEqual(2 * line.length + size)
      expect(passed()).toBeLessThanOrEqual(4 * line.length)
    },
  )

  it('for a huge line that never ends is one copy, and a few searches', () => {
    const parser = createEventStreamParser({ onEvent() {} })
    const joined = countJoinedCharacters()
    const passed = countSearchedCharacters()
    for (const piece of piecesOf(line.subarray(0, -2), 100)) parser.feed(piece)
    parser.end()
    expect(joined()).toBeLessThanOrEqual(line.length)
    expect(passed()).toBeLessThanOrEqual(3 * line.length)
  })

  it.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
    ['LF, and CR at the very end', '\n', '\r'],
    ['CR, and LF at the very end', '\r', '\n'],
  ])(
    'for many short lines in one read passes each character a few times: %s',
    (_what, lineEnd, last = '') => {
      const count = 5000
      const text = `data: x${lineEnd}${lineEnd}`.repeat(count) + last
      let events = 0
      const parser = createEventStreamParser({ onEvent: () => events++ })
      const passed = countSearchedCharacters()
      parser.feed(utf8(text))
      expect(events).toBe(count)
      expect(passed()).toBeLessThanOrEqual(4 * text.length)
    },
  )
})

/** Counts the characters that `indexOf` and `includes` pass on strings, from now on. */
function countSearchedCharacters(): () => number {
  const { indexOf } = String.prototype
  let passed = 0
  const find = (text: string, search: string, from: number): number => {
    const found = indexOf.call(text, search, from)
    passed += (found === -1 ? text.length : found + search.length) - from
    return found
  }
  vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (
    this: string,
    search,
    from = 0,
  ) {
    return find(this, search, from)
  })
  vi.spyOn(String.prototype, 'includes').mockImplementation(function (
    this: string,
    search,
    from = 0,
  ) {
    return find(this, search, from) !== -1
  })
  return () => passed
}

/** Counts the characters that `join` writes, from now on. */
function countJoinedCharacters(): () => number {
  const { join } = Array.prototype
  let joined = 0
  vi.spyOn(Array.prototype, 'join').mockImplementation(function (this: unknown[], separator) {
    const text = join.call(this, separator)
    joined += text.length
    return text
  })
  return () => joined
}
