import { expect, it } from 'vitest'
import { conversationReducer } from './conversation.ts'
import { statusPhase, statusText, troubleText } from './status-text.ts'

it('an action of an earlier answer does not reach the next one', () => {
  const first = conversationReducer([], { type: 'asked', at: 0, question: 'a' })
  const left = conversationReducer(first, {
    type: 'answer',
    number: 1,
    action: { type: 'left', at: 5 },
  })
  const second = conversationReducer(left, { type: 'asked', at: 9, question: 'b' })
  const late = conversationReducer(second, {
    type: 'answer',
    number: 1,
    action: { type: 'line-broke', at: 10 },
  })
  expect(late[1]).toBe(second[1])
  expect(late.map(({ number, question, answer }) => [number, question, answer.phase])).toEqual([
    [1, 'a', 'ended'],
    [2, 'b', 'waiting'],
  ])
})

it('a line closed before the first event says where to look', () => {
  const asked = conversationReducer([], { type: 'asked', at: 0, question: 'a' })
  const [turn] = conversationReducer(asked, {
    type: 'answer',
    number: 1,
    action: { type: 'line-closed', at: 5 },
  })
  expect(statusText(turn?.answer)).toBe('Connection failed')
  expect(statusPhase(turn?.answer)).toBe('disconnected')
  expect(turn && troubleText(turn.answer)).toContain('Its log says why')
})
