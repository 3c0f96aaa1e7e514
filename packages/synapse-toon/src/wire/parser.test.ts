import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEventStreamParser, type ParsedEvent } from './parser.ts'
import { parserCases as cases, message, type ParserCase, withId } from './parser-cases.ts'
import { cutAt, cutsArbitrary, listeningParser, parsePieces, piecesOf, utf8 } from './test-kit.ts'

function expectCase(expected: ParserCase, pieces: Iterable<Uint8Array>): void {
  const { events, lastEventId, retries, comments } = expected
  expect(parsePieces(pieces)).toStrictEqual({ events, lastEventId, retries, comments })
}

describe('the rules of the standard', () => {
  it('are told apart by at least 150 cases, each named once and of other bytes', () => {
    expect(new Set(cases.map(({ behaviour }) => behaviour)).size).toBe(cases.length)
    const texts = cases.map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
    expect(new Set(texts).size).toBe(cases.length)
    expect(cases.length).toBeGreaterThanOrEqual(150)
  })

  describe('hold when the stream comes in one read:', () => {
    it.each(cases)('$behaviour', (expected) => {
      expectCase(expected, [expected.bytes])
    })
  })

  describe('hold when every byte is a read of its own:', () => {
    it.each(cases)('$behaviour', (expected) => {
      expectCase(expected, piecesOf(expected.bytes, 1))
    })
  })

  describe('hold when reads are cut anywhere, some empty:', () => {
    it.each(cases)('$behaviour', (expected) => {
      fc.assert(
        fc.property(cutsArbitrary, (cuts) => expectCase(expected, cutAt(expected.bytes, cuts))),
        { numRuns: 30 },
      )
    })
  })
})

describe('one stream, cut differently', () => {
  it('says the same for any bytes, whole or cut anywhere', () => {
    const field = fc.constantFrom(
      'data',
      'data:',
      'data: ',
      'id: 1',
      'id',
      'event: e',
      'retry: 5',
      ':',
    )
    const lineEnd = fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n')
    const text = fc.oneof(field, lineEnd, fc.string({ unit: 'binary', maxLength: 4 })).map(utf8)
    const part = fc.oneof({ weight: 6, arbitrary: text }, fc.uint8Array({ maxLength: 3 }))
    const bytes = fc
      .array(part, { maxLength: 40 })
      .map((parts) => new Uint8Array(Buffer.concat(parts)))
    fc.assert(
      fc.property(bytes, cutsArbitrary, (whole, cuts) => {
        const expected = parsePieces([whole])
        expect(parsePieces(cutAt(whole, cuts))).toStrictEqual(expected)
        expect(parsePieces(piecesOf(whole, 1))).toStrictEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  it('drops one BOM that comes in three reads', () => {
    const pieces = [[0xef], [0xbb], [0xbf]].map((piece) => new Uint8Array(piece))
    expect(parsePieces([...pieces, utf8('data: x\n\n')]).events).toStrictEqual([message('x')])
  })

  it('takes CRLF that is cut between two reads for one line end', () => {
    const pieces = ['data: a\r', '\ndata: b\r', '', '\n\r', '\n'].map(utf8)
    expect(parsePieces(pieces).events).toStrictEqual([message('a\nb')])
  })

  it('takes CR at the end of a read for a line end at once, without waiting for LF', () => {
    const { parser, heard } = listeningParser()
    parser.feed(utf8('data: a\r\r'))
    expect(heard.events).toStrictEqual([message('a')])
  })

  it('dispatches at the first byte of the empty line', () => {
    const { parser, heard } = listeningParser()
    parser.feed(utf8('data: a\r\n'))
    expect(heard.events).toStrictEqual([])
    parser.feed(utf8('\r'))
    expect(heard.events).toStrictEqual([message('a')])
    parser.feed(utf8('\ndata: b\n\n'))
    expect(heard.events).toStrictEqual([message('a'), message('b')])
  })

  it('does not keep the bytes, so that the caller may reuse its array', () => {
    const { parser, heard } = listeningParser()
    const scratch = new Uint8Array(5)
    for (const piece of piecesOf(utf8('\ufeffid: 7\ndata: é€😀\n\nda\rdata: x\r\n\r\n'), 5)) {
      scratch.set(piece)
      parser.feed(scratch.subarray(0, piece.length))
      scratch.fill(0x58)
    }
    expect(heard.events).toStrictEqual([withId('7', 'é€😀'), message('x', '7')])
  })
})

describe('lastEventId', () => {
  it('moves with the end of the block, not with the id line', () => {
    const { parser } = listeningParser()
    parser.feed(utf8('id: 1\ndata: a\n'))
    expect(parser.lastEventId).toBe('')
    parser.feed(utf8('\n'))
    expect(parser.lastEventId).toBe('1')
  })

  it('may come from before: events inherit it until one sets another', () => {
    const { heard } = listeningParser()
    const parser = createEventStreamParser({ onEvent: (event) => heard.events.push(event) }, '7')
    expect(parser.lastEventId).toBe('7')
    parser.feed(utf8('data: a\n\nid\ndata: b\n\n'))
    expect(heard.events).toStrictEqual([message('a', '7'), withId('', 'b')])
    expect(parser.lastEventId).toBe('')
  })

  it('is set when the event is handed over', () => {
    const seen: string[] = []
    const parser = createEventStreamParser({ onEvent: () => seen.push(parser.lastEventId) })
    parser.feed(utf8('id: 1\ndata: a\n\nid: 2\ndata: b\n\n'))
    expect(seen).toEqual(['1', '2'])
  })
})

describe('callbacks', () => {
  it('are optional except for events', () => {
    const events: ParsedEvent[] = []
    const parser = createEventStreamParser({ onEvent: (event) => events.push(event) })
    parser.feed(utf8(': hi\nretry: 5\ndata: x\n\n'))
    expect(events).toStrictEqual([message('x')])
  })

  it('may throw: the exception passes through, and the parser goes on with the next read', () => {
    const events: ParsedEvent[] = []
    const parser = createEventStreamParser({
      onEvent(event) {
        if (event.data === 'bad') throw new Error('callback failed')
        events.push(event)
      },
    })
    parser.feed(utf8('id: 1\nevent: e\nda'))
    expect(() => parser.feed(utf8('ta: bad\n\n'))).toThrow('callback failed')
    expect(parser.lastEventId).toBe('1')
    parser.feed(utf8('data: good\n\n'))
    expect(events).toStrictEqual([message('good', '1')])
  })

  it('may throw: the lines after it are read with the next bytes, in order', () => {
    const data: string[] = []
    const parser = createEventStreamParser({
      onEvent(event) {
        data.push(event.data)
        if (event.data.startsWith('bad')) throw new Error('callback failed')
      },
    })
    const bytes = utf8('data: bad 1\n\ndata: a\n\ndata: bad 2\n\ndata: b\n\ndata: cut')
    expect(() => parser.feed(bytes)).toThrow('callback failed')
    expect(data).toEqual(['bad 1'])
    expect(() => parser.feed(utf8(' in two\n\ndata: last\n\n'))).toThrow('callback failed')
    expect(data).toEqual(['bad 1', 'a', 'bad 2'])
    parser.feed(new Uint8Array(0))
    expect(data).toEqual(['bad 1', 'a', 'bad 2', 'b', 'cut in two', 'last'])
  })

  it('may throw in the last read: what follows is read at the end', () => {
    const data: string[] = []
    const parser = createEventStreamParser({
      onEvent(event) {
        data.push(event.data)
        if (event.data === 'bad') throw new Error('callback failed')
      },
    })
    expect(() => parser.feed(utf8('data: bad\n\ndata: a\n\ndata: bad\n\ndata: b\n\n'))).toThrow()
    expect(() => parser.end()).toThrow('callback failed')
    parser.end()
    expect(data).toEqual(['bad', 'a', 'bad', 'b'])
  })

  it('may throw right at a CR: the LF of the next read still belongs to it', () => {
    const { heard } = listeningParser()
    const parser = createEventStreamParser({
      onEvent: (event) => heard.events.push(event),
      onComment() {
        throw new Error('callback failed')
      },
    })
    expect(() => parser.feed(utf8('data: a\r\n: ping\r'))).toThrow('callback failed')
    parser.feed(utf8('\ndata: b\r\n\r\n'))
    expect(heard.events).toStrictEqual([message('a\nb')])
  })

  it('for retry may throw too', () => {
    const { heard } = listeningParser()
    const parser = createEventStreamParser({
      onEvent: (event) => heard.events.push(event),
      onRetry() {
        throw new Error('callback failed')
      },
    })
    expect(() => parser.feed(utf8('retry: 5\n'))).toThrow('callback failed')
    parser.feed(utf8('data: a\n\n'))
    expect(heard.events).toStrictEqual([message('a')])
  })
})

describe('held', () => {
  it('counts what waits for the end of its event, so that a caller can bound it', () => {
    const { parser } = listeningParser()
    expect(parser.held).toBe(0)
    parser.feed(utf8('data: 12'))
    expect(parser.held).toBe(8)
    parser.feed(utf8('345\nda'))
    expect(parser.held).toBe(12 + 2)
    parser.feed(utf8('ta\nid: 7\nevent: e\n: ping\n'))
    expect(parser.held).toBe(12 + 5)
    parser.feed(utf8('\n'))
    expect(parser.held).toBe(0)
  })

  it('is nothing after the end', () => {
    const { parser } = listeningParser()
    parser.feed(utf8('data: 1\ndata: 2'))
    parser.end()
    expect(parser.held).toBe(0)
  })
})

describe('end', () => {
  it('makes the parser as new and keeps the last event id', () => {
    const { parser, heard } = listeningParser()
    parser.feed(utf8('id: 1\ndata: a\n\nid: 2\nevent: e\ndata: lost\nda'))
    parser.end()
    expect(parser.lastEventId).toBe('1')
    parser.feed(utf8('\ufeffdata: b\n\n'))
    expect(heard.events).toStrictEqual([withId('1', 'a'), message('b', '1')])
  })

  it('forgets a part of a BOM', () => {
    const { parser, heard } = listeningParser()
    parser.feed(new Uint8Array([0xef, 0xbb]))
    parser.end()
    parser.feed(utf8('data: a\n\n'))
    expect(heard.events).toStrictEqual([message('a')])
  })

  it('may be called twice, and before any byte', () => {
    const { parser, heard } = listeningParser()
    parser.end()
    parser.end()
    parser.feed(utf8('data: a\n\n'))
    expect(heard.events).toStrictEqual([message('a')])
  })
})

describe('end() in the middle of a read', () => {
  it('drops what is behind it, and leaves a parser that is as new', () => {
    const seen: string[] = []
    const parser = createEventStreamParser({
      onEvent({ data }) {
        seen.push(data)
        if (data === 'last') parser.end()
      },
    })
    parser.feed(utf8('data: a\n\ndata: last\n\ndata: b\n\nevent: e\ndata: half'))
    expect(parser.held).toBe(0)
    parser.feed(utf8('\ufeffdata: new\n\n'))
    expect(seen).toEqual(['a', 'last', 'new'])
  })
})

describe('a line that comes in very many reads', () => {
  it('is whole, and what waits is counted', () => {
    const line = `data: ${'abcdefg'.repeat(1000)}`
    const seen: string[] = []
    const parser = createEventStreamParser({ onEvent: ({ data }) => seen.push(data) })
    for (const byte of utf8(line)) parser.feed(Uint8Array.of(byte))
    expect(parser.held).toBe(line.length)
    parser.feed(utf8('\n\n'))
    expect(seen).toEqual(['abcdefg'.repeat(1000)])
  })
})
