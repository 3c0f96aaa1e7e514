import { describe, expect, it } from 'vitest'
import { PAYLOAD_ENCODINGS } from './payload-encoding.ts'
import { frameGap, frameRecord } from './record-frame.ts'
import { parsePieces, utf8 } from './test-kit.ts'

const STREAM = '5f0c7a52-91d3-8e14-b0a6'

describe('frameRecord', () => {
  it('writes the frame that the design shows', () => {
    const record = { seq: 42, event: 'update', json: '{"delta":"Hel"}' } as const
    expect(frameRecord(STREAM, record, 'json')).toBe(
      'id: 5f0c7a52-91d3-8e14-b0a6-00000000002a\nevent: update\ndata: {"delta":"Hel"}\n\n',
    )
  })

  it('writes base64 of the JSON on one line', () => {
    const record = { seq: 1, event: 'update', json: '{"delta":"Hel"}' } as const
    expect(frameRecord(STREAM, record, 'base64')).toBe(
      'id: 5f0c7a52-91d3-8e14-b0a6-000000000001\nevent: update\ndata: eyJkZWx0YSI6IkhlbCJ9\n\n',
    )
  })

  it('writes each line of a TOON text as a data line, its indentation kept', () => {
    const json = '{"users":[{"id":1,"name":"Ada"},{"id":2,"name":"Bob"}],"note":"two\\nlines"}'
    expect(frameRecord(STREAM, { seq: 3, event: 'update', json }, 'toon')).toBe(
      [
        'id: 5f0c7a52-91d3-8e14-b0a6-000000000003',
        'event: update',
        'data: users[2]{id,name}:',
        'data:   1,Ada',
        'data:   2,Bob',
        'data: note: "two\\nlines"',
        '',
        '',
      ].join('\n'),
    )
  })

  it('writes the empty TOON text of an empty object as an event with empty data', () => {
    const frame = frameRecord(STREAM, { seq: 1, event: 'update', json: '{}' }, 'toon')
    expect(frame).toBe('id: 5f0c7a52-91d3-8e14-b0a6-000000000001\nevent: update\ndata: \n\n')
    expect(parsePieces([utf8(frame)]).events).toHaveLength(1)
  })

  it('marks JSON inside TOON with a second blank, which the client keeps', () => {
    const json = '{"half":"\\ud83d"}'
    const frame = frameRecord(STREAM, { seq: 1, event: 'update', json }, 'toon')
    expect(frame).toBe(
      'id: 5f0c7a52-91d3-8e14-b0a6-000000000001\nevent: update\ndata:  {"half":"\\ud83d"}\n\n',
    )
    expect(parsePieces([utf8(frame)]).events[0]?.data).toBe(` ${json}`)
  })

  it('writes the terminal frame of a complete stream', () => {
    const record = { seq: 9, event: 'done', json: '{"reason":"complete","chunks":8}' } as const
    expect(frameRecord(STREAM, record, 'json')).toBe(
      'id: 5f0c7a52-91d3-8e14-b0a6-000000000009\nevent: done\ndata: {"reason":"complete","chunks":8}\n\n',
    )
  })

  it('writes the terminal frame of a failed stream', () => {
    const json = '{"code":"source-error","message":"Stream failed","retryable":false}'
    expect(frameRecord(STREAM, { seq: 10, event: 'error', json }, 'toon')).toBe(
      [
        'id: 5f0c7a52-91d3-8e14-b0a6-00000000000a',
        'event: error',
        'data: code: source-error',
        'data: message: Stream failed',
        'data: retryable: false',
        '',
        '',
      ].join('\n'),
    )
  })
})

describe('frameGap', () => {
  it('carries the id of the last missing position, so that a reconnect is not told again', () => {
    expect(frameGap(STREAM, { from: 3, to: 17 }, 'json')).toBe(
      'id: 5f0c7a52-91d3-8e14-b0a6-000000000011\nevent: gap\ndata: {"from":3,"to":17}\n\n',
    )
  })

  it('is written in the encoding that the client asked for', () => {
    expect(frameGap(STREAM, { from: 3, to: 17 }, 'toon')).toBe(
      'id: 5f0c7a52-91d3-8e14-b0a6-000000000011\nevent: gap\ndata: from: 3\ndata: to: 17\n\n',
    )
    expect(frameGap(STREAM, { from: 3, to: 17 }, 'base64')).toContain(
      `\ndata: ${Buffer.from('{"from":3,"to":17}').toString('base64')}\n\n`,
    )
  })

  it.each(PAYLOAD_ENCODINGS)('is one event to the client in %s', (encoding) => {
    const { events } = parsePieces([utf8(frameGap(STREAM, { from: 1, to: 1 }, encoding))])
    expect(events).toEqual([
      expect.objectContaining({ event: 'gap', id: '5f0c7a52-91d3-8e14-b0a6-000000000001' }),
    ])
  })
})
