import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  type SubmitEvent,
  useEffect,
  useRef,
  useState,
} from 'react'
import type { Answer } from './answer-state.ts'
import { statusPhase, statusText } from './status-text.ts'
import { fitsInAddress } from './stream-address.ts'

type Props = {
  newest: Answer | undefined
  isBusy: boolean
  onAsk: (question: string) => void
  onStop: () => void
  /** Present while the reader has scrolled up. */
  onFollow: (() => void) | undefined
}

/** Where questions are written, with the state of the newest answer beside the buttons. */
export function Composer({ newest, isBusy, onAsk, onStop, onFollow }: Props) {
  const [draft, setDraft] = useState('')
  const input = useRef<HTMLTextAreaElement>(null)
  useGrowing(input, draft)

  const question = draft.trim()
  const isTooLong = !fitsInAddress(question)
  const canSend = question !== '' && !isBusy && !isTooLong

  const send = () => {
    if (!canSend) return
    onAsk(question)
    setDraft('')
  }
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault()
    send()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter picks a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    send()
  }
  const onStopClick = (event: MouseEvent) => {
    // A double click means Stop, not Stop and then Close.
    if (event.detail > 1) return
    onStop()
    // Pressed by keyboard: the button goes away with the answer, and must not take the keyboard's
    // place with it. By touch a focus would only open the keyboard.
    if (event.detail === 0) input.current?.focus({ preventScroll: true })
  }

  return (
    <footer className="page-footer">
      {onFollow && (
        <button type="button" className="follow" onClick={onFollow}>
          Jump to the newest text
        </button>
      )}
      <form className="composer" aria-label="Ask a question" onSubmit={onSubmit}>
        <label className="visually-hidden" htmlFor="message">
          Your message
        </label>
        <textarea
          id="message"
          ref={input}
          data-testid="message"
          rows={1}
          placeholder="Ask a question"
          autoComplete="off"
          enterKeyHint="send"
          aria-describedby="message-hint"
          aria-invalid={isTooLong || undefined}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <div className="composer-row">
          <p
            className="status"
            role="status"
            aria-live="polite"
            data-testid="status"
            data-phase={statusPhase(newest)}
          >
            {isTooLong ? 'Too long: a question travels in the address' : statusText(newest)}
          </p>
          {isBusy && (
            <button type="button" className="quiet" data-testid="stop" onClick={onStopClick}>
              {newest?.isStopping ? 'Close' : 'Stop'}
            </button>
          )}
          <button type="submit" className="primary" data-testid="send" disabled={!canSend}>
            Send
          </button>
        </div>
      </form>
      <p className="hint" id="message-hint">
        Enter sends, Shift+Enter starts a new line. Each question is answered on its own.
      </p>
    </footer>
  )
}

/** Lets a textarea be as high as its text; CSS bounds it. */
function useGrowing(input: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what changes the height
  useEffect(() => {
    const element = input.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight}px`
  }, [input, text])
}
