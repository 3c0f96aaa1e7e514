import { describe, expect, it } from 'vitest'
import { PayloadError } from './payload-error.ts'
import { updateRecord } from './update-record.ts'

describe('updateRecord', () => {
  it.each<[string, unknown, string, number]>([
    ['an object', { delta: 'é' }, '{"delta":"é"}', 14],
    ['a list', [1, 'a'], '[1,"a"]', 7],
    ['a text', 'é', '"é"', 4],
    ['a number', 1, '1', 1],
    ['null', null, 'null', 4],
  ])(
    'has the JSON of %s and its bytes, however often the like came',
    (_what, payload, json, bytes) => {
      for (let seq = 1; seq <= 3; seq++) {
        expect(updateRecord(seq, payload)).toEqual({ seq, event: 'update', json, bytes })
      }
    },
  )

  it.each<[string, unknown, string]>([
    ['a BigInt', { a: 1n }, 'payload.a is the BigInt 1n'],
    ['a function', () => 1, 'payload must be a JSON value'],
    ['undefined', undefined, 'payload must be a JSON value'],
    ['bytes', new Uint8Array(1), 'decode bytes to text first'],
  ])('says what is wrong with %s, though the like was right before', (_what, payload, message) => {
    for (const a of [1, 2, 3]) updateRecord(1, { a })
    expect(() => updateRecord(2, payload)).toThrow(PayloadError)
    expect(() => updateRecord(2, payload)).toThrow(message)
  })

  it('says what a getter threw', () => {
    updateRecord(1, { a: 1 })
    const payload = Object.defineProperty({}, 'a', {
      enumerable: true,
      get() {
        throw new Error('boom')
      },
    })
    expect(() => updateRecord(2, payload)).toThrow('a getter that throws')
  })
})
