import { brotliDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeUtf8 } from './base64.ts'
import { decodePayload } from './decode-payload.ts'
import { createStreamId, END_SEQ, formatEventId } from './event-id.ts'
import { encodeComment, encodeFrame, type Frame, HEARTBEAT, InvalidFrameError } from './frame.ts'
import { PAYLOAD_ENCODINGS, type PayloadEncoding } from './payload-encoding.ts'
import { payloadToJson } from './payload-json.ts'
import type { LogRecord } from './record.ts'
import { frameRecord } from './record-frame.ts'
import { cutAt, cutsArbitrary, parsePieces, piecesOf, utf8 } from './test-kit.ts'

/** Matches half a surrogate pair only: under `u` a whole pair is one character. */
const LONE_SURROGATE = /\p{Surrogate}/u

// --- texts -------------------------------------------------------------------------------------

/** Characters that mean something to SSE, JSON, TOON, base64 or UTF-16, to be mixed freely. */
const trickyCharacter = fc.constantFrom(
  ...['\r', '\n', '\r\n', '\0', '\u2028', '\u2029', '\u0085', '\v', '\f', '\t', ' ', '\u00a0'],
  ...['\ufeff', '\ufffd', '\uffff', '\u0301', '\u200b', '\u3000', '\x1b', '\x7f', 'é', '漢', '😀'],
  ...['\ud83d', '\ude00', '\ud800', '\udbff', '\udc00', '\udfff'],
  ...[':', ',', '|', '"', "'", '\\', '\\u', '/', '-', '#', '[', ']', '{', '}', '(', '=', '+', '.'],
  ...['0', '1', 'e', 'E', 'd', 'data: ', 'id: 1', '\\ud83d'],
)

/** Texts that look like other values, or like the grammar around them. */
const lookAlike = fc.constantFrom(
  ...[
    'true',
    'false',
    'null',
    'NaN',
    'Infinity',
    'undefined',
    '-',
    '- a',
    '-0',
    '05',
    '1e5',
    '1.',
    '.5',
  ],
  ...[
    '0x10',
    '1_000',
    '9007199254740993',
    '[]',
    '{}',
    '[2]: 1,2',
    '[1]{a}:',
    'a: b',
    '- [1]: x',
    '#',
  ],
  ...[' ', '  x', 'x  ', ' {"a":1}', '{"a":1}', '"', '""', '\\n', '\ufeffx', 'x\ufeff', '\u2028'],
)

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: trickyCharacter, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('0', '1', '9', '-', '+', '.', 'e', 'E'), maxLength: 6 }),
  lookAlike,
)

/**
 * Up to about 100 KB: far over every buffer size, so that it spans many reads. Not shrunk, so that
 * a failure is shown at once.
 */
const longText = fc.noShrink(
  fc
    .tuple(fc.string({ unit: trickyCharacter, minLength: 1, maxLength: 12 }), fc.nat(100_000))
    .map(([part, length]) => part.repeat(Math.ceil(length / part.length))),
)

const key = fc.oneof(
  fc.constantFrom('delta', 'id', 'a', 'b'),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'toJSON',
    'length',
    '0',
    '-1',
    '1.5',
    'a.b',
    'a b',
  ),
  text,
)

// --- payloads ----------------------------------------------------------------------------------

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, 5e-324, -5e-324, 1e-7, 1e20, 1e21, 1.7976931348623157e308, 2 ** 53, 0.1),
)
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null))

/** Own properties even for `__proto__`, which an assignment would take for the prototype. */
function objectOf(entries: [string, unknown][]): object {
  return Object.fromEntries(entries)
}

/** Rows of equal keys, for which TOON has a table form. */
const table = fc
  .tuple(
    fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
    fc.array(fc.tuple(scalar, scalar, scalar), { maxLength: 3 }),
  )
  .map(([keys, rows]) => rows.map((row) => objectOf(keys.map((name, at) => [name, row[at]]))))

const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 4 }).map(objectOf),
    fc.array(fc.tuple(key, fc.oneof(tie('tree'), fc.constant(undefined)))).map(objectOf),
    table,
  ),
}))

/** One value inside up to 300 lists and objects. */
const deep = fc
  .tuple(scalar, fc.array(fc.option(key), { minLength: 1, maxLength: 12 }), fc.nat(300))
  .map(([value, steps, depth]) => {
    let nested: unknown = value
    for (let level = 0; level < depth; level++) {
      const step = steps[level % steps.length] ?? null
      nested = step === null ? [nested] : objectOf([[step, nested]])
    }
    return nested
  })

const payload = fc.oneof(
  { weight: 24, arbitrary: fc.oneof(fc.jsonValue(), tree) },
  { weight: 12, arbitrary: text.map((delta) => ({ delta })) },
  { weight: 3, arbitrary: deep },
  { weight: 1, arbitrary: longText.map((delta) => ({ delta })) },
  { weight: 1, arbitrary: longText.map((long) => objectOf([[long.slice(0, 10_000), [long]]])) },
)

// --- streams -----------------------------------------------------------------------------------

const streamId = fc
  .uint8Array({ minLength: 10, maxLength: 10 })
  .map((random) => createStreamId((bytes) => bytes.set(random)))

interface Scenario {
  readonly streamId: string
  readonly payloads: unknown[]
  readonly records: LogRecord[]
}

/** A run of records from any position, the last of which may be terminal. */
const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    streamId,
    payloads: fc.array(payload, { minLength: 1, maxLength: 6 }),
    firstSeq: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: END_SEQ - 6 })),
    last: fc.constantFrom('update', 'done', 'error'),
  })
  .map(({ streamId, payloads, firstSeq, last }) => ({
    streamId,
    payloads,
    records: payloads.map((value, index) => ({
      seq: firstSeq + index,
      event: index === payloads.length - 1 ? last : 'update',
      json: payloadToJson(value),
    })),
  }))

/** How the stream is read: cut anywhere, or in pieces of one size, down to single bytes. */
const reading = fc.oneof(
  cutsArbitrary.map((cuts) => (bytes: Uint8Array) => cutAt(bytes, cuts)),
  fc.constantFrom(1, 2, 3, 7, 1000, 65_536).map((size) => {
    // Single bytes of a long stream are many calls; from 20 KB on they say nothing new.
    return (bytes: Uint8Array) => piecesOf(bytes, bytes.length > 20_000 ? size + 1000 : size)
  }),
)

function decode(data: string, encoding: PayloadEncoding): unknown {
  if (encoding !== 'br') return decodePayload(data, encoding)
  return JSON.parse(decodeUtf8(brotliDecompressSync(Buffer.from(data, 'base64'))))
}

/** Shows only where two texts part: the diff of long ones takes all memory. */
function expectSameText(got: string, wanted: string): void {
  if (got === wanted) return
  let at = 0
  while (got[at] === wanted[at]) at++
  const from = Math.max(0, at - 20)
  expect(got.slice(from, at + 60)).toBe(wanted.slice(from, at + 60))
}

/** Reads the frames as a client would, and holds them to what was put in: all of it, and only it. */
function expectWhatWasSent(
  { streamId, payloads, records }: Scenario,
  encoding: PayloadEncoding,
  reads: Iterable<Uint8Array>,
): void {
  const heard = parsePieces(reads)
  expect(heard.retries).toEqual([])
  expect(heard.events.map(({ event }) => event)).toEqual(records.map(({ event }) => event))
  const ids = records.map(({ seq }) => formatEventId(streamId, seq))
  expect(heard.events.map(({ id }) => id)).toEqual(ids)
  expect(heard.events.map(({ lastEventId }) => lastEventId)).toEqual(ids)
  expect(heard.lastEventId).toBe(ids.at(-1))
  for (const [index, { data }] of heard.events.entries()) {
    const sent = JSON.parse(JSON.stringify(payloads[index]))
    expectSameText(JSON.stringify(decode(data, encoding)), JSON.stringify(sent))
  }
}

describe('records through the wire', () => {
  it.each([
    ['json', 300],
    ['toon', 300],
    ['base64', 150],
    ['br', 100],
  ] as const)(
    'in %s come out as they went in, for any payloads and any cuts',
    (encoding, numRuns) => {
      fc.assert(
        fc.property(scenario, reading, (sent, read) => {
          const bytes = utf8(
            sent.records.map((record) => frameRecord(sent.streamId, record, encoding)).join(''),
          )
          expectWhatWasSent(sent, encoding, read(bytes))
        }),
        { numRuns },
      )
    },
  )

  it.each(PAYLOAD_ENCODINGS)(
    'in %s come out as they went in when nested 3,000 levels deep',
    (encoding) => {
      for (const json of [
        `${'['.repeat(3000)}${']'.repeat(3000)}`,
        `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
      ]) {
        const sent: Scenario = {
          streamId: '5f0c7a52-91d3-8e14-b0a6',
          payloads: [JSON.parse(json)],
          records: [{ seq: 1, event: 'update', json }],
        }
        const bytes = utf8(frameRecord(sent.streamId, sent.records[0]!, encoding))
        expectWhatWasSent(sent, encoding, piecesOf(bytes, 100))
      }
    },
  )

  it('come out as they went in with heartbeats between them', () => {
    const someEncoding = fc.constantFrom(...PAYLOAD_ENCODINGS)
    fc.assert(
      fc.property(scenario, someEncoding, reading, fc.nat(3), (sent, encoding, read, beats) => {
        const pause = HEARTBEAT.repeat(beats)
        const frames = sent.records.map((record) => frameRecord(sent.streamId, record, encoding))
        const bytes = utf8(pause + frames.join(pause) + pause)
        expectWhatWasSent(sent, encoding, read(bytes))
        const { comments } = parsePieces([bytes])
        expect(comments).toEqual(Array(beats * (frames.length + 1)).fill('ping'))
      }),
      { numRuns: 100 },
    )
  })

  it('lose only the event that was cut off, in any encoding', () => {
    const someEncoding = fc.constantFrom(...PAYLOAD_ENCODINGS)
    fc.assert(
      fc.property(scenario, someEncoding, fc.nat(), (sent, encoding, cut) => {
        const frames = sent.records.map((record) =>
          utf8(frameRecord(sent.streamId, record, encoding)),
        )
        const whole = Buffer.concat(frames)
        const kept = whole.subarray(0, cut % (whole.length + 1))
        let complete = 0
        let length = 0
        while (complete < frames.length && (length += frames[complete]!.length) <= kept.length) {
          complete++
        }
        const { events, lastEventId } = parsePieces([kept])
        const expected = parsePieces(frames.slice(0, complete)).events
        expectSameText(JSON.stringify(events), JSON.stringify(expected))
        expect(lastEventId).toBe(events.at(-1)?.id ?? '')
      }),
      { numRuns: 100 },
    )
  })
})

describe('a framed record', () => {
  it('in json equals encodeFrame of the same fields', () => {
    fc.assert(
      fc.property(scenario, ({ streamId, records }) => {
        for (const record of records) {
          const id = formatEventId(streamId, record.seq)
          const expected = encodeFrame({ id, event: record.event, data: record.json })
          expectSameText(frameRecord(streamId, record, 'json'), expected)
        }
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['json', 300],
    ['toon', 300],
    ['base64', 100],
    ['br', 50],
  ] as const)(
    'in %s holds no lone surrogate, CR or NUL, so that its UTF-8 is exact',
    (encoding, numRuns) => {
      fc.assert(
        fc.property(scenario, ({ streamId, records }) => {
          for (const record of records) {
            const frame = frameRecord(streamId, record, encoding)
            expect(LONE_SURROGATE.test(frame)).toBe(false)
            expect(frame.includes('\r')).toBe(false)
            expect(frame.includes('\0')).toBe(false)
            expectSameText(decodeUtf8(utf8(frame)), frame)
          }
        }),
        { numRuns },
      )
    },
  )

  it('in json, base64 and br is three lines and an empty one', () => {
    const encodings = fc.constantFrom<PayloadEncoding>('json', 'base64', 'br')
    fc.assert(
      fc.property(scenario, encodings, ({ streamId, records }, encoding) => {
        for (const record of records) {
          expect(frameRecord(streamId, record, encoding).split('\n')).toHaveLength(5)
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('any strings through encodeFrame', () => {
  /** Half of these are safe, so that both outcomes are met often. */
  const anyText = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: trickyCharacter, maxLength: 12 }),
    fc.string({
      unit: fc.constantFrom(' ', ':', 'a', '\t', '\ufeff', 'é', '\u2028'),
      maxLength: 6,
    }),
  )
  const anyFrame: fc.Arbitrary<Frame> = fc.record(
    { id: anyText, event: anyText, data: anyText, retry: fc.maxSafeInteger() },
    { requiredKeys: ['data'] },
  )
  const breaksItsLine = (value: string | undefined) => /[\r\n\0\p{Surrogate}]/u.test(value ?? '')

  it('throw, or come back exactly, with line breaks in data as LF', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 5 }), reading, (frames, read) => {
        const written: Frame[] = []
        let wire = ''
        for (const frame of frames) {
          const { id, event, data, retry } = frame
          const mustThrow =
            breaksItsLine(id) ||
            breaksItsLine(event) ||
            LONE_SURROGATE.test(data) ||
            (retry !== undefined && retry < 0)
          if (mustThrow) {
            expect(() => encodeFrame(frame)).toThrow(InvalidFrameError)
          } else {
            wire += encodeFrame(frame)
            written.push(frame)
          }
        }
        let lastEventId = ''
        const expected = written.map(({ id, event = '', data }) => {
          if (id !== undefined) lastEventId = id
          return {
            // [spec §9.2.6] an empty event name means `message`.
            event: event === '' ? 'message' : event,
            data: data.replace(/\r\n?/g, '\n'),
            lastEventId,
            ...(id !== undefined && { id }),
          }
        })
        const heard = parsePieces(read(utf8(wire)))
        expect(heard.events).toStrictEqual(expected)
        expect(heard.comments).toEqual([])
        expect(heard.retries).toEqual(
          written.map(({ retry }) => retry).filter((retry) => retry !== undefined),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('and through encodeComment throw, or come back exactly', () => {
    fc.assert(
      fc.property(anyText, (comment) => {
        if (breaksItsLine(comment)) {
          expect(() => encodeComment(comment)).toThrow(InvalidFrameError)
        } else {
          const { events, comments } = parsePieces([utf8(encodeComment(comment))])
          expect({ events, comments }).toEqual({ events: [], comments: [comment] })
        }
      }),
      { numRuns: 500 },
    )
  })
})
