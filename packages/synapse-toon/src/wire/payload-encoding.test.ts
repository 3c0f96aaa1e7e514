import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  mayHoldLoneSurrogate,
  PAYLOAD_ENCODINGS,
  parsePayloadEncoding,
  UnknownEncodingError,
} from './payload-encoding.ts'

describe('parsePayloadEncoding', () => {
  it('knows four encodings, json first', () => {
    expect(PAYLOAD_ENCODINGS).toEqual(['json', 'toon', 'base64', 'br'])
  })

  it.each(['json', 'toon', 'base64', 'br'])('accepts %s', (name) => {
    expect(parsePayloadEncoding(name)).toBe(name)
  })

  it.each(['', 'JSON', ' json', 'json ', 'gzip', 'json,toon', '__proto__', 'length'])(
    'rejects %j',
    (name) => {
      expect(() => parsePayloadEncoding(name)).toThrow(UnknownEncodingError)
    },
  )

  it('lists the known encodings in its error', () => {
    expect(() => parsePayloadEncoding('gzip')).toThrow(
      expect.objectContaining({
        name: 'UnknownEncodingError',
        code: 'ERR_SYNAPSE_UNKNOWN_ENCODING',
        message: 'encoding must be one of json, toon, base64, br, got "gzip"',
      }),
    )
  })
})

describe('mayHoldLoneSurrogate', () => {
  it.each([
    ['the lowest high half', '\ud800'],
    ['the highest high half', '\udbff'],
    ['the lowest low half', '\udc00'],
    ['the highest low half', '\udfff'],
    ['halves in the wrong order', '\ude00\ud83d'],
  ])('sees %s', (_what, text) => {
    expect(mayHoldLoneSurrogate(JSON.stringify({ a: text }))).toBe(true)
    expect(mayHoldLoneSurrogate(JSON.stringify({ [text]: 1 }))).toBe(true)
  })

  it.each(['', 'text', '😀', '\ud7ff\ue000', '\0', 'ud800'])('sees none in %j', (text) => {
    expect(mayHoldLoneSurrogate(JSON.stringify(text))).toBe(false)
  })

  it('never misses one', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(0x7ff), (text, offset) => {
        const half = String.fromCharCode(0xd800 + offset)
        expect(mayHoldLoneSurrogate(JSON.stringify(`${text}-${half}-`))).toBe(true)
      }),
    )
  })
})
