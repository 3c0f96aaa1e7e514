import { describe, expect, it } from 'vitest'
import { wholeNumber } from './whole-number.ts'

const check = (value: unknown) => wholeNumber('leaseMs', value, 100, 5000, 'ms, default 1000')

describe('an option that is a whole number', () => {
  it.each([100, 101, 5000])('may be %j', (value) => {
    expect(() => check(value)).not.toThrow()
  })

  it.each([
    [99, '99'],
    [5001, '5001'],
    [100.5, '100.5'],
    [Number.NaN, 'NaN'],
    ['200', '"200"'],
    [undefined, 'undefined'],
  ])('is refused as %j, by its name, with its rule and the value', (value, shown) => {
    expect(() => check(value)).toThrow(
      expect.objectContaining({
        code: 'ERR_SYNAPSE_INVALID_OPTION',
        message: `leaseMs must be a whole number from 100 to 5000 (ms, default 1000), got ${shown}`,
      }),
    )
  })
})
