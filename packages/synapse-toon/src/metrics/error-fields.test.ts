import { describe, expect, it } from 'vitest'
import { errorFields } from './error-fields.ts'

class Overloaded extends Error {
  override name = 'Overloaded'
  readonly code = 529
}

describe('errorFields', () => {
  it.each([
    ['an error', new TypeError('no'), { name: 'TypeError', message: 'no' }],
    ['one with a code', new Overloaded('busy'), { name: 'Overloaded', message: 'busy', code: 529 }],
    ['a string', 'no', { name: 'string', message: 'no' }],
    ['null', null, { name: 'object', message: 'null' }],
    ["a provider's object", { type: 'x', message: 'busy' }, { name: 'Object', message: 'busy' }],
    ['an object that says nothing', { body: 'secret' }, { name: 'Object', message: 'no message' }],
    ['an object without a class', Object.create(null), { name: 'object', message: 'no message' }],
    [
      'a code that is an object',
      { code: { secret: 1 }, message: '' },
      { name: 'Object', message: '' },
    ],
  ])('says name, message and code of %s, and nothing else', (_what, error, fields) => {
    expect(errorFields(error)).toEqual(fields)
  })

  it('is nothing where there is no error', () => {
    expect(errorFields(undefined)).toBeUndefined()
  })

  it('repeats no more than the start of a long message', () => {
    expect(errorFields(new Error('x'.repeat(10_000)))!.message).toHaveLength(501)
  })
})
