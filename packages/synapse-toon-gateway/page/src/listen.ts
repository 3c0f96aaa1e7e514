import type { AnswerAction } from './answer-state.ts'
import { readDone, readFailure, readGap, readPayload } from './frames.ts'

/** What is used of an EventSource. */
export type AnswerSource = Pick<EventSource, 'addEventListener' | 'close' | 'readyState' | 'CLOSED'>

/**
 * Turns what an EventSource tells into actions, and closes it when the answer has ended: left
 * open it would reconnect, because to a browser every end looks like a broken line.
 *
 * @param now a monotonic clock in milliseconds
 */
export function listenToAnswer(
  source: AnswerSource,
  now: () => number,
  dispatch: (action: AnswerAction) => void,
): void {
  source.addEventListener('open', () => dispatch({ type: 'opened' }))

  source.addEventListener('update', (event) => {
    const payload = readPayload(event.data)
    const seen = { at: now(), id: event.lastEventId }
    if (payload) dispatch({ type: 'update', ...seen, payload })
    else dispatch({ type: 'unreadable', ...seen, event: 'update' })
  })

  source.addEventListener('gap', (event) => {
    const lost = readGap(event.data)
    if (lost) dispatch({ type: 'gap', lost })
    else dispatch({ type: 'unreadable', at: now(), id: event.lastEventId, event: 'gap' })
  })

  source.addEventListener('done', (event) => {
    source.close()
    dispatch({ type: 'done', at: now(), id: event.lastEventId, done: readDone(event.data) })
  })

  source.addEventListener('error', (event: Event | MessageEvent<string>) => {
    // A frame named `error` and a broken line share this name; only the frame carries data.
    if ('data' in event) {
      source.close()
      const failure = readFailure(event.data)
      dispatch({ type: 'failed', at: now(), id: event.lastEventId, failure })
    } else if (source.readyState === source.CLOSED) {
      dispatch({ type: 'line-closed', at: now() })
    } else {
      // [HTML §9.2.3] CONNECTING: the browser reconnects by itself, with Last-Event-ID.
      dispatch({ type: 'line-broke', at: now() })
    }
  })
}
