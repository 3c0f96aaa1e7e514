import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countTokens, loadTokenizer } from './tokens.ts'

describe('countTokens', () => {
  it('counts as the o200k_base encoding does', async () => {
    expect(await countTokens('')).toBe(0)
    expect(await countTokens('hello world')).toBe(2)
    expect(await countTokens('漢字')).toBe(2)
  })

  it('counts control words of models as the text they are', async () => {
    expect(await countTokens('<|endoftext|>')).toBeGreaterThan(1)
  })
})

describe('fits', () => {
  it('says the same as counting does', async () => {
    const tokenizer = await loadTokenizer()
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, limit) => {
        expect(tokenizer.fits(text, limit)).toBe(tokenizer.count(text) <= limit)
      }),
    )
  })
})
