import { describe, expect, it } from 'vitest'
import { encodePayload } from '../wire/encode-payload.ts'
import type { PayloadEncoding } from '../wire/payload-encoding.ts'
import { frameRecord } from '../wire/record-frame.ts'
import { collect, decodeAny } from './collect.ts'

const STREAM_ID = '5f0c7a52-91d3-8e14-b0a6'

function body(encoding: PayloadEncoding): string {
  return [
    ': ping\n',
    frameRecord(STREAM_ID, { seq: 1, event: 'update', json: '{"delta":"Hel"}' }, encoding),
    frameRecord(STREAM_ID, { seq: 2, event: 'update', json: '{"delta":"lo"}' }, encoding),
    frameRecord(STREAM_ID, { seq: 3, event: 'update', json: '{"usage":{"total":2}}' }, encoding),
    frameRecord(
      STREAM_ID,
      { seq: 4, event: 'done', json: '{"reason":"complete"}' },
      encoding,
      1500,
    ),
  ].join('')
}

describe('collect', () => {
  it.each<PayloadEncoding>(['json', 'toon', 'base64', 'br'])(
    'reads everything that a client got, in the encoding %s',
    async (encoding) => {
      const text = body(encoding)
      const headers = { 'X-Synapse-TOON-Encoding': encoding }
      const collected = await collect(Promise.resolve(new Response(text, { headers })))
      expect(collected).toMatchObject({
        status: 200,
        text: 'Hello',
        payloads: [{ delta: 'Hel' }, { delta: 'lo' }, { usage: { total: 2 } }],
        end: { event: 'done', data: { reason: 'complete' } },
        comments: ['ping'],
        retries: [1500],
        bytes: text.length,
        broken: false,
      })
      expect(collected.events.map(({ event }) => event)).toEqual([
        'update',
        'update',
        'update',
        'done',
      ])
      expect(collected.headers.get('X-Synapse-TOON-Encoding')).toBe(encoding)
    },
  )

  it('has no end for a stream that was cut between two events', async () => {
    const text = frameRecord(STREAM_ID, { seq: 1, event: 'update', json: '{"delta":"a"}' }, 'json')
    expect(await collect(new Response(text))).toMatchObject({ end: undefined, broken: false })
  })

  it('says that the body broke off, and keeps what came before', async () => {
    let pulls = 0
    const stream = new ReadableStream({
      pull(controller) {
        if (pulls++ > 0) return controller.error(new Error('reset'))
        controller.enqueue(new TextEncoder().encode(body('json').slice(0, 120)))
      },
    })
    const collected = await collect(new Response(stream))
    expect(collected).toMatchObject({ text: 'Hel', end: undefined, broken: true, bytes: 120 })
  })

  it('finds nothing in an answer without a body', async () => {
    expect(await collect(new Response(null, { status: 204 }))).toMatchObject({
      status: 204,
      events: [],
      end: undefined,
      bytes: 0,
      broken: false,
    })
  })
})

describe('decodeAny', () => {
  it.each<PayloadEncoding>(['json', 'toon', 'base64', 'br'])('reads %s', (encoding) => {
    const json = '{"delta":"é","n":[1,2]}'
    expect(decodeAny(encodePayload(json, encoding), encoding)).toEqual(JSON.parse(json))
  })
})
