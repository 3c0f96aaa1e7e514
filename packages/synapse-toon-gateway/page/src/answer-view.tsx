import type { Answer, AnswerPart } from './answer-state.ts'
import { noteText, noteTone, rangeText } from './note-text.ts'
import { RichText } from './rich-text-view.tsx'
import { statsOf } from './stats.ts'
import { troubleText } from './status-text.ts'

type Props = { answer: Answer; isNewest: boolean; onAskAgain: () => void }

/** An answer's text, how it ended, and what the wire did meanwhile. */
export function AnswerView({ answer, isNewest, onAskAgain }: Props) {
  const isLive = answer.phase !== 'ended'
  const trouble = troubleText(answer)
  const testId = (name: string) => (isNewest ? name : undefined)
  return (
    <>
      {answer.reasoning !== '' && (
        <details className="reasoning">
          <summary>Reasoning</summary>
          <p>{answer.reasoning}</p>
        </details>
      )}
      {/* Busy until it ends: a screen reader then reads the whole, not each token. */}
      <div
        className="answer"
        data-testid={testId('answer')}
        data-live={isLive || undefined}
        aria-live="polite"
        aria-busy={isLive}
      >
        {answer.parts.map((part, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts are only ever appended
          <PartView key={index} {...part} />
        ))}
        {isLive && answer.parts.length === 0 && <Waiting />}
      </div>
      {trouble && (
        <p className="trouble" data-kind={answer.end?.kind} data-testid={testId('trouble')}>
          {trouble}
          {isNewest && canAskAgain(answer) && (
            <button type="button" className="quiet" onClick={onAskAgain}>
              Ask again
            </button>
          )}
        </p>
      )}
      <div className="wire">
        <div data-testid={testId('timeline')}>
          {answer.notes.length > 0 && <Timeline notes={answer.notes} />}
        </div>
        <Stats answer={answer} testId={testId('stats')} />
      </div>
    </>
  )
}

function PartView(part: AnswerPart) {
  if (part.kind === 'text') return <RichText text={part.text} />
  return <p className="lost">{rangeText(part)} did not arrive: text is missing here</p>
}

function Waiting() {
  return (
    <span className="waiting" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  )
}

function Timeline({ notes }: Pick<Answer, 'notes'>) {
  return (
    <ol className="timeline" aria-label="What happened on the line">
      {notes.map((note, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: notes are only ever appended
        <li key={index} data-tone={noteTone(note)}>
          {noteText(note)}
        </li>
      ))}
    </ol>
  )
}

function Stats({ answer, testId }: { answer: Answer; testId: string | undefined }) {
  return (
    <dl className="stats" data-testid={testId}>
      {statsOf(answer).map(({ label, value, title }) => (
        <div key={label} title={title}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function canAskAgain({ end }: Answer): boolean {
  return end?.kind === 'disconnected' || (end?.kind === 'failed' && end.retryable)
}
