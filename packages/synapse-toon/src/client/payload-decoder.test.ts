import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { encodePayload } from '../wire/encode-payload.ts'
import { PAYLOAD_ENCODINGS } from '../wire/payload-encoding.ts'
import { StreamPayloadError } from './errors.ts'
import { loadDecoder } from './payload-decoder.ts'

const BOUND = 1_000_000

describe('loadDecoder', () => {
  it.each(PAYLOAD_ENCODINGS)('reads back what a server writes as %s', async (encoding) => {
    const decode = await loadDecoder(encoding, BOUND)
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        const json = JSON.stringify(payload)
        expect(decode(encodePayload(json, encoding))).toStrictEqual(JSON.parse(json))
      }),
      { numRuns: 50 },
    )
  })

  it('takes data as it is under text', async () => {
    expect((await loadDecoder('text', BOUND))('{')).toBe('{')
  })

  it.each([
    ['json', '{'],
    ['base64', '*'],
    ['base64', 'eyJ'],
    ['br', '*'],
    ['br', 'AAAA'],
    ['toon', ' {'],
  ])('says what is wrong with %s data %j, and keeps it', async (encoding, data) => {
    const decode = await loadDecoder(encoding, BOUND)
    expect(() => decode(data)).toThrow(StreamPayloadError)
    expect(() => decode(data)).toThrow(
      expect.objectContaining({ data, cause: expect.any(Error), code: 'ERR_SYNAPSE_PAYLOAD' }),
    )
    expect(() => decode(data)).toThrow(`data is not ${encoding}`)
  })

  it('does not let compressed data grow beyond a bound', async () => {
    const bomb = encodePayload(JSON.stringify('x'.repeat(1_000_000)), 'br')
    expect(bomb.length).toBeLessThan(100)
    const decode = await loadDecoder('br', 10_000)
    expect(() => decode(bomb)).toThrow(StreamPayloadError)
  })

  it.each(['br', 'zstd', ''])(
    'without a decoder for %j, says what to ask for',
    async (encoding) => {
      vi.stubGlobal('process', undefined)
      try {
        await expect(loadDecoder(encoding, BOUND)).rejects.toMatchObject({
          code: 'ERR_SYNAPSE_PROTOCOL',
          message: `${encoding} payloads cannot be read here; ask for encoding: 'json'`,
        })
      } finally {
        vi.unstubAllGlobals()
      }
    },
  )

  it('shows no more than the beginning of data', async () => {
    const decode = await loadDecoder('json', BOUND)
    expect(() => decode('x'.repeat(10_000))).toThrow(/^.{1,140}$/)
  })
})
