import { describe, expect, it } from 'vitest'
import { cleanLine, cleanText, clip } from './clean-text.ts'

describe('cleanText', () => {
  it('keeps what is readable, and its indentation', () => {
    const text = 'A line.\n\n  indented — 漢字 👩‍👩‍👧'
    expect(cleanText(`\n ${text}  \n`)).toBe(text)
  })

  it('drops empty lines and trailing spaces', () => {
    expect(cleanText('a  \r\n\r\n\r\n\r\nb\rc')).toBe('a\n\nb\nc')
  })

  it('replaces half of a surrogate pair, which TOON cannot hold', () => {
    expect(cleanText('a\ud800b\udc00')).toBe('a\ufffdb\ufffd')
  })

  it('cuts runs that are no words, so that counting their tokens stays cheap', () => {
    expect(cleanText(`a ${'漢'.repeat(20_000)} b`)).toBe(`a ${'漢'.repeat(512)}… b`)
    expect(cleanText('='.repeat(513))).toBe(`${'='.repeat(512)}…`)
    expect(cleanText(`a${' '.repeat(5000)}b`)).toBe('a b')
  })
})

describe('cleanLine and clip', () => {
  it('give one line of a limited length, without half characters', () => {
    expect(cleanLine(' a\n b ', 10)).toBe('a b')
    expect(clip('a👍', 2)).toBe('a')
    expect(clip('a👍', 3)).toBe('a👍')
  })
})
