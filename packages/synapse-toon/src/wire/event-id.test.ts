import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createStreamId,
  END_SEQ,
  formatEventId,
  InvalidEventIdError,
  isStreamId,
  parseEventId,
} from './event-id.ts'

const STREAM = '5f0c7a52-91d3-8e14-b0a6'

const streamIds = fc
  .uint8Array({ minLength: 10, maxLength: 10 })
  .map((random) => createStreamId((bytes) => bytes.set(random)))
const positions = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: END_SEQ }))

describe('createStreamId', () => {
  // [RFC 9562 §5.8] the version is the high half of octet 6, the variant the two top bits of octet 8.
  it.each([
    ['00', '00000000-0000-8000-8000'],
    ['ff', 'ffffffff-ffff-8fff-bfff'],
    ['0123456789abcdef0123', '01234567-89ab-8def-8123'],
    ['fedcba98765432106789', 'fedcba98-7654-8210-a789'],
    ['5f0c7a5291d3fe1470a6', STREAM],
  ])('sets version 8 and variant 10 and leaves the other 74 bits of %s', (hex, id) => {
    const random = Buffer.from(hex.length === 2 ? hex.repeat(10) : hex, 'hex')
    expect(createStreamId((bytes) => bytes.set(random))).toBe(id)
  })

  it('asks for ten random bytes once', () => {
    const asked: number[] = []
    createStreamId((bytes) => asked.push(bytes.length))
    expect(asked).toEqual([10])
  })

  it('gives a new id each time when nothing is injected', () => {
    const ids = Array.from({ length: 100 }, () => createStreamId())
    expect(new Set(ids).size).toBe(100)
    expect(ids.every(isStreamId)).toBe(true)
  })
})

describe('isStreamId', () => {
  it('accepts the first four groups of a version 8 UUID in lower case', () => {
    expect(isStreamId(STREAM)).toBe(true)
  })

  it.each([
    ['upper case', STREAM.toUpperCase()],
    ['version 4', '5f0c7a52-91d3-4e14-b0a6'],
    ['variant 110', '5f0c7a52-91d3-8e14-c0a6'],
    ['a whole event id', `${STREAM}-000000000001`],
    ['a line break after it', `${STREAM}\n`],
    ['a blank before it', ` ${STREAM}`],
    ['nothing', ''],
  ])('rejects %s', (_what, text) => {
    expect(isStreamId(text)).toBe(false)
  })
})

describe('formatEventId', () => {
  it.each([
    [1, '5f0c7a52-91d3-8e14-b0a6-000000000001'],
    [42, '5f0c7a52-91d3-8e14-b0a6-00000000002a'],
    [65_536, '5f0c7a52-91d3-8e14-b0a6-000000010000'],
    [2 ** 32, '5f0c7a52-91d3-8e14-b0a6-000100000000'],
    [2 ** 48 - 1, '5f0c7a52-91d3-8e14-b0a6-ffffffffffff'],
  ])('writes position %i as the last twelve hex digits', (seq, id) => {
    expect(formatEventId(STREAM, seq)).toBe(id)
  })

  it('is 36 ASCII characters, which need no CORS preflight as Last-Event-ID', () => {
    fc.assert(
      fc.property(streamIds, positions, (streamId, seq) => {
        expect(formatEventId(streamId, seq)).toMatch(/^[0-9a-f-]{36}$/)
      }),
    )
  })

  it('sorts the ids of one stream as their positions', () => {
    fc.assert(
      fc.property(streamIds, fc.array(positions, { maxLength: 20 }), (streamId, seqs) => {
        const byText = seqs.map((seq) => formatEventId(streamId, seq)).sort()
        const byPosition = seqs.sort((a, b) => a - b).map((seq) => formatEventId(streamId, seq))
        expect(byText).toEqual(byPosition)
      }),
    )
  })
})

describe('parseEventId', () => {
  it('splits an id into its stream and its position', () => {
    expect(parseEventId('5f0c7a52-91d3-8e14-b0a6-00000000002a')).toStrictEqual({
      streamId: '5f0c7a52-91d3-8e14-b0a6',
      seq: 42,
    })
  })

  it('gives back what was formatted', () => {
    fc.assert(
      fc.property(streamIds, positions, (streamId, seq) => {
        expect(parseEventId(formatEventId(streamId, seq))).toStrictEqual({ streamId, seq })
      }),
    )
  })

  it('holds the last position, 2^48 - 1, exactly', () => {
    expect(parseEventId(`${STREAM}-ffffffffffff`).seq).toBe(281_474_976_710_655)
  })

  // [RFC 9562 §4] output is lower case, input is compared without regard to case.
  it('reads upper and mixed case as the lower-case stream', () => {
    const position = { streamId: STREAM, seq: 0xabc }
    expect(parseEventId('5F0C7A52-91D3-8E14-B0A6-000000000ABC')).toStrictEqual(position)
    expect(parseEventId('5f0C7a52-91d3-8E14-b0A6-000000000aBc')).toStrictEqual(position)
  })

  it.each(['8', '9', 'a', 'b', 'A', 'B'])('accepts the variant digit %s', (digit) => {
    const { streamId } = parseEventId(`5f0c7a52-91d3-8e14-${digit}0a6-000000000001`)
    expect(streamId).toBe(`5f0c7a52-91d3-8e14-${digit.toLowerCase()}0a6`)
  })

  it.each([
    ['version 4', '550e8400-e29b-41d4-a716-446655440000'],
    ['version 7', '01890a5d-ac96-774b-bcce-b302099a8057'],
    ['the nil UUID', '00000000-0000-0000-0000-000000000000'],
    ['the max UUID', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
    ['the variant 0', '5f0c7a52-91d3-8e14-70a6-000000000001'],
    ['the variant 110', '5f0c7a52-91d3-8e14-c0a6-000000000001'],
    ['position 0', '5f0c7a52-91d3-8e14-b0a6-000000000000'],
    ['a negative position', '5f0c7a52-91d3-8e14-b0a6--00000000001'],
    ['no text', ''],
    ['a stream id alone', '5f0c7a52-91d3-8e14-b0a6'],
    ['one digit less', '5f0c7a52-91d3-8e14-b0a6-00000000001'],
    ['one digit more', '5f0c7a52-91d3-8e14-b0a6-0000000000001'],
    ['braces', '{5f0c7a52-91d3-8e14-b0a6-000000000001}'],
    ['braces within the length', '{5f0c7a52-91d3-8e14-b0a6-0000000001}'],
    ['a urn prefix', 'urn:uuid:5f0c7a52-91d3-8e14-b0a6-000000000001'],
    ['a blank before', ' 5f0c7a52-91d3-8e14-b0a6-00000000001'],
    ['a blank after', '5f0c7a52-91d3-8e14-b0a6-00000000001 '],
    ['a line break after', '5f0c7a52-91d3-8e14-b0a6-00000000001\n'],
    ['a blank among the digits', '5f0c7a52-91d3-8e14-b0a6-00000 000001'],
    ['no hyphens', '5f0c7a5291d38e14b0a6000000000001'],
    ['another separator', '5f0c7a52-91d3-8e14-b0a6_000000000001'],
    ['hyphens elsewhere', '5f0c7a5-291d3-8e14-b0a6-000000000001'],
    ['a letter that is no hex digit', '5f0c7a52-91d3-8e14-b0a6-00000000000g'],
    ['a hex prefix', '5f0c7a52-91d3-8e14-b0a6-0x0000000001'],
    ['an exponent', '5f0c7a52-91d3-8e14-b0a6-0000000001e+'],
    ['full-width digits', '5f0c7a52-91d3-8e14-b0a6-00000000000１'],
    ['a letter that grows in lower case', '5f0c7a52-91d3-8e14-b0a6-00000000000İ'],
    ['a letter of a pair', '5f0c7a52-91d3-8e14-b0a6-0000000000\u{1f600}'],
  ])('rejects %s', (_what, id) => {
    expect(() => parseEventId(id)).toThrow(InvalidEventIdError)
  })

  it('rejects every string that is not the id of its own position', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uuid(), fc.uuid({ version: 8 })), (id) => {
        let position: ReturnType<typeof parseEventId>
        try {
          position = parseEventId(id)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidEventIdError)
          return
        }
        expect(formatEventId(position.streamId, position.seq)).toBe(id.toLowerCase())
      }),
    )
  })

  it('says which value is wrong and what to send instead', () => {
    expect(() => parseEventId('{"a":1}')).toThrow(
      expect.objectContaining({
        name: 'InvalidEventIdError',
        code: 'ERR_SYNAPSE_INVALID_EVENT_ID',
        message:
          'event id must be a version 8 UUID sent by this server, with a position from 1, got "{\\"a\\":1}"; send the last received id unchanged, or none to start anew',
      }),
    )
  })

  it('does not repeat a huge id in its message', () => {
    expect(() => parseEventId('x'.repeat(100_000))).toThrow(/^.{1,300}$/)
  })
})
