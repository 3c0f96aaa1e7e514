import type { Note } from './answer-state.ts'
import type { Range } from './frames.ts'

/** How a line of the timeline reads at a glance. */
export type Tone = 'bad' | 'good' | 'plain'

export function noteText(note: Note): string {
  switch (note.kind) {
    case 'broke': {
      const where = note.after === 0 ? 'before the first event' : `after event ${note.after}`
      const tries = note.attempts > 1 ? ` (attempt ${note.attempts})` : ''
      return `line broke ${where} - reconnecting${tries}`
    }
    case 'resumed':
      return resumedText(note)
    case 'gap':
      return `${rangeText(note)} lost: the server no longer had ${them(note)}`
    case 'unreadable':
      return `the ${note.event} frame at event ${note.position} could not be read and is left out`
    case 'other-stream':
      return `the server began a different answer (stream ${note.streamId.slice(0, 8)}); the text so far was dropped`
    case 'stop-refused':
      return `stop was not accepted (${note.detail}); press Close to leave the line`
  }
}

export function noteTone(note: Note): Tone {
  if (note.kind === 'resumed') return note.lost.length > 0 ? 'bad' : 'good'
  return note.kind === 'broke' ? 'plain' : 'bad'
}

/** "event 7", "events 7 to 9" */
export function rangeText({ from, to }: Range): string {
  return from === to ? `event ${from}` : `events ${from} to ${to}`
}

/** "0.4 s", "3.1 s": a break is felt in tenths of a second. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function resumedText(note: Extract<Note, { kind: 'resumed' }>): string {
  const after = `after ${seconds(note.tookMs)}`
  if (note.position === undefined) {
    return `resumed ${after}; these events carry no position, so a loss would not be seen`
  }
  const what = note.after === 0 && note.lost.length === 0 ? 'started' : 'resumed'
  const lost = note.lost.map(rangeText).join(', ')
  const again = note.repeated > 0 ? `, ${note.repeated} sent again and ignored` : ''
  return `${what} at event ${note.position} ${after}, ${lost ? `${lost} missing` : 'nothing lost'}${again}`
}

function them({ from, to }: Range): string {
  return from === to ? 'it' : 'them'
}
