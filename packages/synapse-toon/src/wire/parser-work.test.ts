import { afterEach, describe, expect, it, vi } from 'vitest'
import { ByteQueue } from './byte-queue.ts'
import { createEventStreamParser, createParser } from './parser.ts'
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

// Work is counted, not timed: bytes that the queue moves, characters that a search passes.
describe('the work of the parser', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const line = utf8(`data: ${'x'.repeat(256 * 1024)}\n\n`)

  it.each([1, 7, 16 * 1024])(
    'for a 256 KiB line in reads of %i bytes is at most three copies',
    (size) => {
      const queue = new ByteQueue()
      const lengths: number[] = []
      const parser = createParser({ onEvent: (event) => lengths.push(event.data.length) }, queue)
      for (const piece of piecesOf(line, size)) parser.feed(piece)
      expect(lengths).toEqual([256 * 1024])
      expect(queue.copied).toBeLessThanOrEqual(3 * line.length)
    },
  )

  it('for whole lines in one read is no copy', () => {
    const queue = new ByteQueue()
    const parser = createParser({ onEvent() {} }, queue)
    parser.feed(line)
    expect(queue.copied).toBe(0)
  })

  it('for a huge line that never ends is at most three copies', () => {
    const queue = new ByteQueue()
    const parser = createParser({ onEvent() {} }, queue)
    for (const piece of piecesOf(line.subarray(0, -2), 100)) parser.feed(piece)
    parser.end()
    expect(queue.copied).toBeLessThanOrEqual(3 * line.length)
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

/** Counts the characters that `indexOf` passes on strings, from now on. */
function countSearchedCharacters(): () => number {
  const { indexOf } = String.prototype
  let passed = 0
  vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (
    this: string,
    search,
    from = 0,
  ) {
    const found = indexOf.call(this, search, from)
    passed += (found === -1 ? this.length : found + search.length) - from
    return found
  })
  return () => {
    vi.restoreAllMocks()
    return passed
  }
}
