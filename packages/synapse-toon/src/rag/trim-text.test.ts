import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trimText } from './trim-text.ts'

const upTo = (length: number) => (text: string) => text.length <= length

describe('trimText', () => {
  it('leaves a text that fits as it is, however short', () => {
    expect(trimText('42', upTo(2))).toBe('42')
  })

  it('cuts after a sentence where that loses little', () => {
    const text = 'The log keeps records. A stream has one end. Then more follows here.'
    expect(trimText(text, upTo(50))).toBe('The log keeps records. A stream has one end. …')
  })

  it('cuts after a word where a sentence would lose much', () => {
    const text = 'Short one here now. Then a very long sentence that goes on and on without an end'
    expect(trimText(text, upTo(60))).toBe(
      'Short one here now. Then a very long sentence that goes on…',
    )
  })

  it('cuts between words of a language without spaces', () => {
    const cut = trimText('東京都は日本の首都です。人口は約千四百万人です。', upTo(14))
    expect(cut).toBe('東京都は日本の首都です。 …')
  })

  it('gives nothing where too few words are left to mean something', () => {
    expect(trimText('one two three four five', upTo(14))).toBe('')
    expect(trimText('x'.repeat(400), upTo(100))).toBe('')
    expect(trimText('some text', () => false)).toBe('')
  })

  it('asks about few cuts of a long text, and takes no time that grows with its square', () => {
    let asked = 0
    trimText('word '.repeat(100_000), (text) => {
      asked++
      return text.length < 500
    })
    expect(asked).toBeLessThan(22)
  })

  it('gives only what fits, even where what fits is not even', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 40 }), fc.integer({ min: 2, max: 9 }), (text, n) => {
        const fits = (cut: string) => cut.length % n !== 0
        const cut = trimText(text, fits)
        expect(cut === '' || fits(cut)).toBe(true)
      }),
    )
  })
})
