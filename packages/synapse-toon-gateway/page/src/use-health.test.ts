import { expect, it } from 'vitest'
import { readSourceInfo } from './use-health.ts'

it('the source is taken with its kind, and without what is not text', () => {
  const source = { kind: 'replay', name: 'a recording', note: 7 }
  expect(readSourceInfo({ status: 'ok', source })).toEqual({
    kind: 'replay',
    name: 'a recording',
    note: '',
  })
})

it.each([null, 'ok', {}, { source: null }, { source: { name: 'x' } }])(
  'nothing is known of the source in %j',
  (value) => {
    expect(readSourceInfo(value)).toBeUndefined()
  },
)
