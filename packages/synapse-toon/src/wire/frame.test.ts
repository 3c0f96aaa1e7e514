import { describe, expect, it } from 'vitest'
import { dataLines, encodeComment, encodeFrame, HEARTBEAT, InvalidFrameError } from './frame.ts'

const LINE_BREAKERS: [name: string, character: string][] = [
  ['CR', '\r'],
  ['LF', '\n'],
  ['NUL', '\0'],
]
const LONE_SURROGATES: [name: string, text: string][] = [
  ['a high half', '\ud83d'],
  ['a low half', '\ude00'],
  ['two halves in the wrong order', '\ude00\ud83d'],
]

describe('encodeFrame', () => {
  it('writes data alone as one line and an empty one', () => {
    expect(encodeFrame({ data: 'hello' })).toBe('data: hello\n\n')
  })

  it('writes id, event and retry before the data', () => {
    const frame = { id: '7', event: 'update', retry: 1500, data: '{"delta":"Hel"}' }
    expect(encodeFrame(frame)).toBe('id: 7\nevent: update\nretry: 1500\ndata: {"delta":"Hel"}\n\n')
  })

  it('writes the frame that the design shows', () => {
    const id = '5f0c7a52-91d3-8e14-b0a6-00000000002a'
    expect(encodeFrame({ id, event: 'update', data: '{"delta":"Hel"}' })).toBe(
      'id: 5f0c7a52-91d3-8e14-b0a6-00000000002a\nevent: update\ndata: {"delta":"Hel"}\n\n',
    )
  })

  it('keeps an empty id, which resets the last event id', () => {
    expect(encodeFrame({ id: '', data: 'x' })).toBe('id: \ndata: x\n\n')
  })

  it('keeps the id 0', () => {
    expect(encodeFrame({ id: '0', data: 'x' })).toBe('id: 0\ndata: x\n\n')
  })

  it('keeps an empty event name, which means message', () => {
    expect(encodeFrame({ event: '', data: 'x' })).toBe('event: \ndata: x\n\n')
  })

  it('keeps retry 0', () => {
    expect(encodeFrame({ retry: 0, data: 'x' })).toBe('retry: 0\ndata: x\n\n')
  })

  it.each([1, 2 ** 31, Number.MAX_SAFE_INTEGER])('writes retry %d as digits only', (retry) => {
    expect(encodeFrame({ retry, data: '' })).toBe(`retry: ${retry}\ndata: \n\n`)
  })

  it('writes minus zero as 0', () => {
    expect(encodeFrame({ retry: -0, data: '' })).toBe('retry: 0\ndata: \n\n')
  })

  it.each([
    ['LF', 'a\nb', 'data: a\ndata: b\n\n'],
    ['CR', 'a\rb', 'data: a\ndata: b\n\n'],
    ['CRLF as one break', 'a\r\nb', 'data: a\ndata: b\n\n'],
    ['LF then CR as two', 'a\n\rb', 'data: a\ndata: \ndata: b\n\n'],
    ['CR, CRLF and LF in a row', 'a\r\r\n\nb', 'data: a\ndata: \ndata: \ndata: b\n\n'],
    ['a break at the end', 'a\n', 'data: a\ndata: \n\n'],
    ['two breaks at the end', 'a\n\n', 'data: a\ndata: \ndata: \n\n'],
    ['a break at the start', '\na', 'data: \ndata: a\n\n'],
    ['only a break', '\n', 'data: \ndata: \n\n'],
    ['only a CRLF', '\r\n', 'data: \ndata: \n\n'],
  ])('splits data on %s', (_what, data, text) => {
    expect(encodeFrame({ data })).toBe(text)
  })

  it('writes empty data as one empty line, so that the event is dispatched', () => {
    expect(encodeFrame({ data: '' })).toBe('data: \n\n')
  })

  it('cannot be made to write another field through data', () => {
    expect(encodeFrame({ data: 'x\nid: 9\r\revent: evil' })).toBe(
      'data: x\ndata: id: 9\ndata: \ndata: event: evil\n\n',
    )
  })

  it('leaves what is no line end in the standard as it is', () => {
    const data = '\u2028\u2029\u0085\v\f\0\ufeff'
    expect(encodeFrame({ data })).toBe(`data: ${data}\n\n`)
  })

  it('keeps blanks and colons at the start of a value', () => {
    expect(encodeFrame({ id: ' 1', event: ':x', data: '  y' })).toBe(
      'id:  1\nevent: :x\ndata:   y\n\n',
    )
  })

  it('splits alike when it is called twice', () => {
    const frame = { data: 'a\nb' }
    expect(encodeFrame(frame)).toBe(encodeFrame(frame))
  })

  describe.each(['id', 'event'] as const)('%s', (field) => {
    it.each(LINE_BREAKERS)('throws on %s and names the field', (_name, character) => {
      for (const value of [character, `a${character}`, `${character}b`, `a${character}b`]) {
        expect(() => encodeFrame({ [field]: value, data: 'x' })).toThrow(InvalidFrameError)
        expect(() => encodeFrame({ [field]: value, data: 'x' })).toThrow(
          `${field} must not contain CR, LF or NUL`,
        )
      }
    })

    it.each(LONE_SURROGATES)('throws on %s, which UTF-8 cannot carry', (_name, text) => {
      expect(() => encodeFrame({ [field]: `a${text}b`, data: 'x' })).toThrow(InvalidFrameError)
      expect(() => encodeFrame({ [field]: text, data: 'x' })).toThrow(`${field} must not contain`)
    })

    it('takes a whole surrogate pair', () => {
      expect(encodeFrame({ [field]: '\u{1f600}', data: 'x' })).toBe(`${field}: 😀\ndata: x\n\n`)
    })
  })

  it.each(LONE_SURROGATES)('throws on %s in data, which UTF-8 cannot carry', (_name, text) => {
    expect(() => encodeFrame({ data: `a\n${text}` })).toThrow(InvalidFrameError)
    expect(() => encodeFrame({ data: text })).toThrow('data must not contain')
  })

  it('shows the value in its error, and has a stable code', () => {
    expect(() => encodeFrame({ event: 'a\nid: 1', data: '' })).toThrow(
      expect.objectContaining({
        name: 'InvalidFrameError',
        code: 'ERR_SYNAPSE_INVALID_FRAME',
        message: 'event must not contain CR, LF or NUL, got "a\\nid: 1"',
      }),
    )
  })

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e21])(
    'throws on retry %d and says what is allowed',
    (retry) => {
      expect(() => encodeFrame({ retry, data: 'x' })).toThrow(InvalidFrameError)
      expect(() => encodeFrame({ retry, data: 'x' })).toThrow(
        `retry must be a whole number of milliseconds from 0, got ${retry}`,
      )
    },
  )
})

describe('encodeComment', () => {
  it('writes one line and no empty one', () => {
    expect(encodeComment('hello')).toBe(': hello\n')
    expect(encodeComment('')).toBe(': \n')
  })

  it.each(LINE_BREAKERS)('throws on %s and names the comment', (_name, character) => {
    expect(() => encodeComment(`a${character}b`)).toThrow(InvalidFrameError)
    expect(() => encodeComment(character)).toThrow('comment must not contain CR, LF or NUL')
  })

  it.each(LONE_SURROGATES)('throws on %s, which UTF-8 cannot carry', (_name, text) => {
    expect(() => encodeComment(text)).toThrow(InvalidFrameError)
  })
})

describe('HEARTBEAT', () => {
  it('is one comment line and nothing else', () => {
    expect(HEARTBEAT).toBe(': ping\n')
  })
})

describe('dataLines', () => {
  it('writes the lines without the end of the block', () => {
    expect(dataLines('a')).toBe('data: a\n')
    expect(dataLines('a\r\nb')).toBe('data: a\ndata: b\n')
    expect(dataLines('')).toBe('data: \n')
  })
})
