import { describe, expect, it } from 'vitest'
import { Received } from './received.ts'

const STREAM = '5f0c7a52-91d3-8e14-b0a6'
const NOWHERE = 2 ** 48 - 1

type Step = [event: string, seq: number, data: object]
const id = (seq: number, stream = STREAM) => `${stream}-${seq.toString(16).padStart(12, '0')}`
const update = (seq: number, n = seq): Step => ['update', seq, { n }]
const done = (seq: number, chunks = seq - 1): Step => ['done', seq, { reason: 'complete', chunks }]
const error = (seq: number, code: string): Step => ['error', seq, { code }]
const gap = (from: number, to: number): Step => ['gap', to, { from, to }]

function receive(steps: readonly Step[], after = 0): Received {
  const received = new Received(STREAM, after)
  for (const [event, seq, data] of steps) {
    received.take({ event, data: JSON.stringify(data), lastEventId: id(seq) })
  }
  return received
}

describe('what a client may receive', () => {
  it.each<[string, Step[], number, string]>([
    ['every record and the end', [update(1), update(2), done(3)], 0, 'complete'],
    ['the rest of them', [update(6), done(7)], 5, 'complete'],
    ['nothing but the end', [done(1)], 0, 'complete'],
    ['an error after some', [update(1), error(2, 'shutdown')], 0, 'shutdown'],
    ['a producer that is lost', [update(1), error(NOWHERE, 'producer-lost')], 0, 'producer-lost'],
    ['a gap that is told', [update(1), gap(2, 4), update(5), done(6)], 0, 'complete'],
  ])('is %s', (_, steps, after, reason) => {
    const received = receive(steps, after)
    expect(received.broken).toBeUndefined()
    expect(received.ending?.reason).toBe(reason)
  })
})

describe('what breaks a rule', () => {
  it.each<[string, Step[]]>([
    ['a record that is missing', [update(1), update(3)]],
    ['a record that comes twice', [update(1), update(1)]],
    ['a record of another place', [update(1), update(2, 7)]],
    ['an end that comes too soon', [update(1), done(3)]],
    ['an end that counts more than there was', [update(1), done(2, 5)]],
    ['an error behind a hole', [update(1), error(4, 'shutdown')]],
    ['a producer that is lost at a place', [update(1), error(2, 'producer-lost')]],
    ['an error before what was sent', [update(1), update(2), error(2, 'shutdown')]],
    ['anything after the end', [done(1), update(2)]],
    ['two ends', [done(1), done(2)]],
    ['a gap that does not fit', [update(1), gap(3, 4)]],
    ['an event that nobody knows', [['surprise', 1, {}]]],
  ])('is %s', (_, steps) => {
    expect(receive(steps).broken).toBeDefined()
  })

  it('is an event of another stream', () => {
    const received = new Received(STREAM, 0)
    const lastEventId = id(1, '00000000-0000-8000-8000')
    received.take({ event: 'update', data: '{"n":1}', lastEventId })
    expect(received.broken).toContain('stream 00000000')
  })

  it('is a 204 that does not say how it ended', () => {
    const received = new Received(STREAM, 3)
    received.nothingMore(undefined)
    expect(received.broken).toBeDefined()
  })
})
