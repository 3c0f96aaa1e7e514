import type { Answer, End } from './answer-state.ts'

/** One sentence on where the newest answer stands, for eyes and for screen readers. */
export function statusText(answer: Answer | undefined): string {
  if (!answer) return 'Ready'
  if (answer.phase === 'ended' && answer.end) return endText(answer.end)
  if (answer.isStopping) return 'Stopping…'
  if (answer.phase === 'reconnecting') {
    if (!answer.broken?.isOpenAgain) return 'Reconnecting…'
    return `Reconnected, waiting for event ${answer.last + 1}…`
  }
  return answer.phase === 'streaming' ? 'Streaming…' : 'Waiting for the first token…'
}

/** A word for `data-phase`, which styles and browser tests read. */
export function statusPhase(answer: Answer | undefined): string {
  if (!answer) return 'ready'
  if (answer.end) return answer.end.kind
  return answer.isStopping ? 'stopping' : answer.phase
}

/** What is said in the answer itself when it did not end as it should. */
export function troubleText({ end, last }: Answer): string | undefined {
  switch (end?.kind) {
    case undefined:
    case 'complete':
      return undefined
    case 'cancelled':
      return 'Stopped. The answer ends here.'
    case 'left':
      return 'The line was closed here; the server did not confirm a stop.'
    case 'failed':
      return `${end.message} (${end.code})`
    case 'disconnected':
      return last === 0
        ? 'The connection failed: the server refused the request or is down. Its log says why.'
        : `The connection failed after event ${last}: the server did not resume. Its log says why.`
  }
}

function endText(end: End): string {
  switch (end.kind) {
    case 'complete':
      return 'Complete'
    case 'cancelled':
      return 'Stopped'
    case 'left':
      return 'Line closed'
    case 'failed':
      return `Failed: ${end.code}`
    case 'disconnected':
      return 'Connection failed'
  }
}
