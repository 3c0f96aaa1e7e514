import { describe, expect, it } from 'vitest'
import { describeValue, SynapseToonError } from './errors.ts'

describe('SynapseToonError', () => {
  it('has the name of its own class, its code, and the cause', () => {
    class ExampleError extends SynapseToonError {}
    const cause = new Error('below')
    const error = new ExampleError('ERR_SYNAPSE_EXAMPLE', 'what to do', { cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'ExampleError',
      code: 'ERR_SYNAPSE_EXAMPLE',
      message: 'what to do',
      cause,
    })
  })
})

describe('describeValue', () => {
  class Widget {}
  it.each<[unknown, string]>([
    ['text', '"text"'],
    ['two\nlines', '"two\\nlines"'],
    ['', '""'],
    [42, '42'],
    [Number.NaN, 'NaN'],
    [-0, '0'],
    [10n, '10n'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [function named() {}, 'function named'],
    [() => {}, 'function (anonymous)'],
    [{ a: 1, b: 2 }, 'an object with keys [a, b]'],
    [{}, 'an object with keys []'],
    [[1], 'an instance of Array'],
    [new Widget(), 'an instance of Widget'],
    [Object.create(null), 'an instance of object'],
  ])('shows %s on one line', (value, shown) => {
    expect(describeValue(value)).toBe(shown)
  })

  it('shows only the beginning of what is long', () => {
    expect(describeValue('x'.repeat(1000))).toBe(`"${'x'.repeat(59)}…`)
    const keys = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`key${n}`, n]))
    expect(describeValue(keys).length).toBeLessThan(100)
  })
})
