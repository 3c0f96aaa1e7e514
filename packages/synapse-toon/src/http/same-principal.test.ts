import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSamePrincipal } from './same-principal.ts'

describe('isSamePrincipal', () => {
  it('is true for equal texts and for nobody twice, and for nothing else', () => {
    expect(isSamePrincipal('ann', 'ann')).toBe(true)
    expect(isSamePrincipal(undefined, undefined)).toBe(true)
    for (const other of ['bob', 'an', 'anna', '', undefined]) {
      expect(isSamePrincipal('ann', other)).toBe(false)
      expect(isSamePrincipal(other, 'ann')).toBe(false)
    }
  })

  it('agrees with ===, for any two', () => {
    const principal = fc.option(fc.string({ unit: 'binary' }), { nil: undefined })
    fc.assert(
      fc.property(principal, principal, (one, other) => {
        expect(isSamePrincipal(one, other)).toBe(one === other)
        expect(isSamePrincipal(one, one)).toBe(true)
      }),
    )
  })
})
