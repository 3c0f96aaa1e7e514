import { describe, expect, it } from 'vitest'
import { decodePayload } from './decode-payload.ts'
import { PayloadError } from './payload-error.ts'

describe('decodePayload', () => {
  it.each([
    ['json', '{"delta":"Hel"}'],
    ['base64', 'eyJkZWx0YSI6IkhlbCJ9'],
    ['toon', 'delta: Hel'],
    ['toon', ' {"delta":"Hel"}'],
  ] as const)('reads %s data %j', (encoding, data) => {
    expect(decodePayload(data, encoding)).toStrictEqual({ delta: 'Hel' })
  })

  it('reads TOON of several lines', () => {
    expect(decodePayload('users[2]{id,name}:\n  1,Ada\n  2,Bob', 'toon')).toStrictEqual({
      users: [
        { id: 1, name: 'Ada' },
        { id: 2, name: 'Bob' },
      ],
    })
  })

  it('reads the empty TOON text as the empty object', () => {
    expect(decodePayload('', 'toon')).toStrictEqual({})
  })

  it.each([
    ['json', '{"delta":'],
    ['json', ''],
    ['base64', 'not base64!'],
    ['base64', ''],
    ['base64', 'eyJkZWx0YSI6'],
    ['toon', 'users[2]{id,name}:\n  1,Ada'],
    ['toon', ' {"delta":'],
  ] as const)('says which encoding is broken, and keeps the cause: %s %j', (encoding, data) => {
    expect(() => decodePayload(data, encoding)).toThrow(PayloadError)
    expect(() => decodePayload(data, encoding)).toThrow(
      expect.objectContaining({
        code: 'ERR_SYNAPSE_PAYLOAD',
        message: `data is not valid ${encoding}: ${JSON.stringify(data)}`,
        cause: expect.any(Error),
      }),
    )
  })

  it('rejects base64 of bytes that are not UTF-8, where a lenient reader hides the damage', () => {
    const base64 = Buffer.from([0x22, 0xff, 0x22]).toString('base64')
    expect(() => decodePayload(base64, 'base64')).toThrow(PayloadError)
  })

  it('does not repeat huge data in its message', () => {
    expect(() => decodePayload(`{${'x'.repeat(100_000)}`, 'json')).toThrow(/^.{1,120}$/)
  })

  it('makes an own key of __proto__ and leaves the prototype alone', () => {
    for (const [encoding, data] of [
      ['json', '{"__proto__":{"admin":true}}'],
      ['base64', Buffer.from('{"__proto__":{"admin":true}}').toString('base64')],
      ['toon', '__proto__:\n  admin: true'],
      ['toon', ' {"__proto__":{"admin":true}}'],
    ] as const) {
      const payload = decodePayload(data, encoding) as object
      expect(Object.getPrototypeOf(payload)).toBe(Object.prototype)
      expect(Object.keys(payload)).toEqual(['__proto__'])
      expect('admin' in payload).toBe(false)
    }
  })
})
