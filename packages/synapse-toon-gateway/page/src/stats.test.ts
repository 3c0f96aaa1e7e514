import { expect, it } from 'vitest'
import { newAnswer } from './answer-state.ts'
import { statsOf } from './stats.ts'

const values = (...args: Parameters<typeof statsOf>) =>
  Object.fromEntries(statsOf(...args).map(({ label, value }) => [label, value]))

const finished = {
  ...newAnswer(1_000),
  streamId: '5f0c7a52-91d3-8e14-b0a6',
  events: 11,
  firstTokenAt: 1_312,
  firstEventAt: 1_300,
  lastEventAt: 3_300,
  endedAt: 3_400,
}

it('a finished answer shows what was measured, and its rate between first and last event', () => {
  expect(values(finished)).toEqual({
    'first token': '312 ms',
    duration: '2.4 s',
    events: '11',
    'events/s': '5.0',
    stream: '5f0c7a52',
  })
})

it('tokens take the place of events in the rate when the provider counted them', () => {
  expect(values({ ...finished, usage: { input: 1_200, output: 90 } })).toMatchObject({
    tokens: '1,200 in, 90 out',
    'tokens/s': '45',
  })
})

it('nothing is shown before anything is known, and no rate of one event', () => {
  expect(values(newAnswer(0))).toEqual({})
  expect(
    values({ ...newAnswer(0), events: 1, firstEventAt: 5, lastEventAt: 5 }),
  ).not.toHaveProperty('events/s')
})

it('an ordinary stop is no news, an early finish is', () => {
  expect(values({ ...finished, finishReason: 'stop' })).not.toHaveProperty('finish')
  expect(values({ ...finished, finishReason: 'length' })).toMatchObject({ finish: 'length' })
})
