import { memo } from 'react'
import { AnswerView } from './answer-view.tsx'
import type { Turn } from './conversation.ts'

type Props = { turn: Turn; isNewest: boolean; onAskAgain: (question: string) => void }

/** A question and its answer. */
export const TurnView = memo(
  function TurnView({ turn, isNewest, onAskAgain }: Props) {
    const { number, question, answer } = turn
    return (
      <article className="turn" aria-label={`Question ${number}`}>
        <h2 className="visually-hidden">You asked</h2>
        <p className="question">{question}</p>
        <h2 className="visually-hidden">Answer</h2>
        <AnswerView answer={answer} isNewest={isNewest} onAskAgain={() => onAskAgain(question)} />
      </article>
    )
  },
  // The callback is new on every render. An older turn's is never called ("Ask again" is on the
  // newest one only), and the newest renders with each of its own events.
  (before, after) => before.turn === after.turn && before.isNewest === after.isNewest,
)
