import { type Answer, type AnswerAction, answerReducer, newAnswer } from './answer-state.ts'

/** One question and its answer. The number is its key: turns are only ever appended. */
export type Turn = { number: number; question: string; answer: Answer }

export type ConversationAction =
  | { type: 'asked'; at: number; question: string }
  | { type: 'answer'; number: number; action: AnswerAction }

/** Every answer's action goes to the turn it was made for, so a late one cannot hit the next. */
export function conversationReducer(turns: Turn[], action: ConversationAction): Turn[] {
  if (action.type === 'asked') {
    const { question, at } = action
    return [...turns, { number: turns.length + 1, question, answer: newAnswer(at) }]
  }
  return turns.map((turn) =>
    turn.number === action.number
      ? { ...turn, answer: answerReducer(turn.answer, action.action) }
      : turn,
  )
}
