import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { END_SEQ } from '../wire/event-id.ts'
import type { ParsedEvent } from '../wire/parser.ts'
import { ProtocolError, StreamFailedError } from './errors.ts'
import { createSynapseProtocol } from './synapse-protocol.ts'
import { idOf, STREAM_ID } from './test-kit.ts'

function event(name: string, seq: number, data: unknown = { delta: String(seq) }): ParsedEvent {
  const id = idOf(seq)
  return { event: name, data: JSON.stringify(data), lastEventId: id, id }
}

describe('our protocol', () => {
  it('hands out each position once and in order, however responses overlap', () => {
    // Each response begins at or before the place where the last one was cut.
    const response = fc.record({
      back: fc.nat({ max: 10 }),
      length: fc.integer({ min: 0, max: 10 }),
    })
    fc.assert(
      fc.property(fc.array(response, { maxLength: 20 }), (responses) => {
        const protocol = createSynapseProtocol()
        const taken: unknown[] = []
        let last = 0
        for (const { back, length } of responses) {
          protocol.begin?.(STREAM_ID)
          const from = Math.max(1, last + 1 - back)
          for (let seq = from; seq < from + length; seq++) {
            const reading = protocol.read(event('update', seq), JSON.parse)
            if (reading !== undefined) taken.push(reading.text)
            expect(reading?.gap).toBeUndefined()
            last = Math.max(last, seq)
          }
        }
        expect(taken).toEqual(Array.from({ length: last }, (_, n) => String(n + 1)))
      }),
    )
  })

  it('accounts for every position: taken, or in a gap', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(steps, fc.boolean(), (jumps, isFirstOfResponse) => {
        const protocol = createSynapseProtocol()
        let seq = 0
        let accounted = 0
        for (const jump of jumps) {
          if (isFirstOfResponse) protocol.begin?.(STREAM_ID)
          seq += jump
          const { gap } = protocol.read(event('update', seq), JSON.parse)!
          if (gap !== undefined) {
            expect(gap.from).toBe(accounted + 1)
            accounted = gap.to
          }
          expect(gap === undefined).toBe(jump === 1)
          accounted++
          expect(accounted).toBe(seq)
        }
      }),
    )
  })

  it('takes an event without an id of its own, and ids in upper case', () => {
    const protocol = createSynapseProtocol()
    const plain = { event: 'update', data: '"a"', lastEventId: '' }
    expect(protocol.read(plain, JSON.parse)).toMatchObject({ payload: 'a', text: 'a' })
    const id = idOf(2).toUpperCase()
    const upper = { event: 'update', data: '"b"', lastEventId: id, id }
    expect(protocol.read(upper, JSON.parse)).toMatchObject({ payload: 'b', gap: undefined })
    expect(protocol.read(upper, JSON.parse)).toBeUndefined()
  })

  it('goes on from an id, and leaves one that is not ours to the server', () => {
    const protocol = createSynapseProtocol(idOf(7))
    expect(protocol.read(event('update', 7), JSON.parse)).toBeUndefined()
    expect(protocol.read(event('update', 8), JSON.parse)).toMatchObject({ gap: undefined })
    const foreign = createSynapseProtocol('42')
    expect(foreign.read(event('update', 1), JSON.parse)).toMatchObject({ gap: undefined })
  })

  it('has no hole before an end that nobody can place, nor after it', () => {
    const lost = { code: 'producer-lost', message: 'gone', retryable: true }
    const protocol = createSynapseProtocol(idOf(3))
    expect(() => protocol.read(event('error', END_SEQ, lost), JSON.parse)).toThrow(
      StreamFailedError,
    )
    const resumed = createSynapseProtocol(idOf(END_SEQ))
    resumed.begin?.(STREAM_ID)
    expect(() => resumed.read(event('error', END_SEQ, lost), JSON.parse)).toThrow(StreamFailedError)
    expect(resumed.read(event('done', 5, { reason: 'complete' }), JSON.parse)).toEqual({
      gap: undefined,
      usage: undefined,
      end: 'complete',
    })
  })

  it('is of one stream', () => {
    const protocol = createSynapseProtocol(idOf(7))
    expect(() => protocol.begin?.('00000000-0000-8000-8000')).toThrow(ProtocolError)
    protocol.begin?.(null)
    protocol.begin?.(STREAM_ID)
  })
})
