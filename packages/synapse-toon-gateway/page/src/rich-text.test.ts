import { describe, expect, it } from 'vitest'
import { type Inline, parseBlocks, parseInline } from './rich-text.ts'

const text = (value: string): Inline => ({ kind: 'text', text: value })
const code = (value: string): Inline => ({ kind: 'code', text: value })
const link = (href: string, label = href): Inline => ({ kind: 'link', text: label, href })

describe('parseBlocks', () => {
  it('parts paragraphs at blank lines and keeps line ends and spaces inside them', () => {
    expect(parseBlocks('one\n  two\n\n \nthree')).toEqual([
      { kind: 'paragraph', text: 'one\n  two' },
      { kind: 'paragraph', text: 'three' },
    ])
  })

  it('takes a fence out, with its language and its blank lines', () => {
    expect(parseBlocks('see\n```js\na\n\n  b\n```\nthen')).toEqual([
      { kind: 'paragraph', text: 'see' },
      { kind: 'code', language: 'js', text: 'a\n\n  b' },
      { kind: 'paragraph', text: 'then' },
    ])
  })

  it('lets an open fence last to the end, since the rest is still to come', () => {
    expect(parseBlocks('~~~\n`a`')).toEqual([{ kind: 'code', language: '', text: '`a`' }])
  })

  it('closes a fence only with its own mark, at least as long', () => {
    expect(parseBlocks('````\n```\n~~~~\n`````')).toEqual([
      { kind: 'code', language: '', text: '```\n~~~~' },
    ])
  })

  it('reads CRLF and CR as line ends', () => {
    expect(parseBlocks('a\r\n\r\nb\rc')).toEqual([
      { kind: 'paragraph', text: 'a' },
      { kind: 'paragraph', text: 'b\nc' },
    ])
  })

  it('finds nothing in nothing', () => {
    expect(parseBlocks('')).toEqual([])
    expect(parseBlocks('\n\n')).toEqual([])
  })
})

describe('parseInline', () => {
  it('finds code spans, also with backticks inside', () => {
    expect(parseInline('a `b` c')).toEqual([text('a '), code('b'), text(' c')])
    expect(parseInline('`` `x` ``')).toEqual([code('`x`')])
  })

  it('leaves a code span that is still open as it is', () => {
    expect(parseInline('a `b')).toEqual([text('a `b')])
  })

  it('finds bare and named links to http and https', () => {
    expect(parseInline('at https://a.example/x?y=1#z now')).toEqual([
      text('at '),
      link('https://a.example/x?y=1#z'),
      text(' now'),
    ])
    expect(parseInline('[the docs](http://a.example/d)')).toEqual([
      link('http://a.example/d', 'the docs'),
    ])
  })

  it('gives the sentence its punctuation back', () => {
    expect(parseInline('(see https://a.example/b_(c)).')).toEqual([
      text('(see '),
      link('https://a.example/b_(c)'),
      text(').'),
    ])
  })

  it('makes a link of no other scheme', () => {
    for (const value of [
      '[x](javascript:alert(1))',
      'javascript:alert(1)',
      '[x](data:text/html,y)',
      'ftp://a.example',
      'https://',
    ]) {
      expect(parseInline(value).filter((piece) => piece.kind === 'link')).toEqual([])
    }
  })

  it('keeps markup as text', () => {
    const value = '<img src=x onerror=alert(1)> **bold** [a] (b)'
    expect(parseInline(value)).toEqual([text(value)])
  })

  it('loses no character outside of markup', () => {
    const value = 'a ] [ `` ( https:/ ` [x]( end'
    expect(
      parseInline(value)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(value)
  })

  // Counted in characters, not in time: at this length a quadratic scan would run for minutes.
  it('scans hostile text once', () => {
    for (const unit of ['[', '[a](', '(`', '`` ` ', 'https://a)', ')', '!.']) {
      const value = unit.repeat(200_000)
      expect(parseInline(value).length).toBeGreaterThan(0)
      expect(parseInline(`https://a${value}`).length).toBeGreaterThan(0)
    }
  })
})
