import type { Done, Failure, Payload, Range, Usage } from './frames.ts'
import { parseEventId } from './stream-address.ts'

/**
 * Where an answer stands. It moves only in `answerReducer`:
 * waiting → streaming ⇄ reconnecting, and from any of them once to ended.
 */
type Phase = 'waiting' | 'streaming' | 'reconnecting' | 'ended'

/** Why it ended, and whose word that is. */
export type End =
  | { kind: 'complete' }
  | { kind: 'cancelled' }
  /** The server's `error` frame. */
  | ({ kind: 'failed' } & Failure)
  /** The browser gave up: no terminal frame came, so nothing is known of the rest. */
  | { kind: 'disconnected' }
  /** The person closed the line here; the server did not confirm a stop. */
  | { kind: 'left' }

/** The answer in order: text, and the places where text is missing. */
export type AnswerPart = { kind: 'text'; text: string } | ({ kind: 'lost' } & Range)

/** One line of the timeline: what happened on the wire apart from text. */
export type Note =
  | { kind: 'broke'; after: number; attempts: number }
  | {
      kind: 'resumed'
      after: number
      /** undefined when the server's ids carry no position, so that nothing is proven. */
      position: number | undefined
      tookMs: number
      lost: Range[]
      repeated: number
    }
  | ({ kind: 'gap' } & Range)
  | { kind: 'unreadable'; event: string; position: number }
  | { kind: 'other-stream'; streamId: string }
  | { kind: 'stop-refused'; detail: string }

/** A broken line that has not resumed yet. */
type Break = { at: number; lost: Range[]; repeated: number; isOpenAgain: boolean }

export type Answer = {
  phase: Phase
  end?: End
  parts: AnswerPart[]
  reasoning: string
  notes: Note[]
  broken?: Break
  /** Stop was pressed and its DELETE sent; the end is still to come. */
  isStopping: boolean
  streamId?: string
  /** Position of the last event that arrived, 0 before the first. */
  last: number
  /** `update` frames that counted: repeats do not. */
  events: number
  finishReason?: string
  usage?: Usage
  // Milliseconds of one monotonic clock, which enters with each action.
  startedAt: number
  firstTokenAt?: number
  firstEventAt?: number
  lastEventAt?: number
  endedAt?: number
}

export type AnswerAction =
  | { type: 'opened' }
  | { type: 'update'; at: number; id: string; payload: Payload }
  | { type: 'unreadable'; at: number; id: string; event: string }
  | { type: 'gap'; lost: Range }
  | { type: 'done'; at: number; id: string; done: Done }
  | { type: 'failed'; at: number; id: string; failure: Failure }
  | { type: 'line-broke'; at: number }
  | { type: 'line-closed'; at: number }
  | { type: 'stop-asked' }
  | { type: 'stop-refused'; detail: string }
  | { type: 'left'; at: number }

export function newAnswer(startedAt: number): Answer {
  return {
    phase: 'waiting',
    parts: [],
    reasoning: '',
    notes: [],
    isStopping: false,
    last: 0,
    events: 0,
    startedAt,
  }
}

/** The one place that moves an answer. What comes after its end changes nothing. */
export function answerReducer(answer: Answer, action: AnswerAction): Answer {
  if (answer.phase === 'ended') return answer
  switch (action.type) {
    case 'opened':
      return answer.broken ? { ...answer, broken: { ...answer.broken, isOpenAgain: true } } : answer
    case 'update':
      return update(answer, action.at, action.id, action.payload)
    case 'unreadable': {
      const next = arrive(answer, action.id, action.at)
      return withNote(next, { kind: 'unreadable', event: action.event, position: next.last })
    }
    case 'gap':
      return gap(answer, action.lost)
    case 'done': {
      const next = arrive(answer, action.id, action.at)
      const usage = action.done.usage ?? next.usage
      return ended({ ...next, usage }, action.at, { kind: action.done.reason })
    }
    case 'failed': {
      const next = arrive(answer, action.id, action.at)
      return ended(next, action.at, { kind: 'failed', ...action.failure })
    }
    case 'line-broke':
      return lineBroke(answer, action.at)
    case 'line-closed':
      return ended(answer, action.at, { kind: 'disconnected' })
    case 'stop-asked':
      return { ...answer, isStopping: true }
    case 'stop-refused':
      return withNote(answer, { kind: 'stop-refused', detail: action.detail })
    case 'left':
      return ended(answer, action.at, { kind: 'left' })
  }
}

function update(answer: Answer, at: number, id: string, payload: Payload): Answer {
  if (isRepeat(answer, id)) {
    const { broken } = answer
    return broken ? { ...answer, broken: { ...broken, repeated: broken.repeated + 1 } } : answer
  }
  const next = arrive(answer, id, at)
  const counted = {
    ...next,
    phase: 'streaming' as const,
    events: next.events + 1,
    firstEventAt: next.firstEventAt ?? at,
    lastEventAt: at,
  }
  if (payload.index > 0) return counted
  const hasToken = payload.delta !== '' || payload.reasoning !== ''
  return {
    ...counted,
    parts: withText(next.parts, payload.delta),
    reasoning: next.reasoning + payload.reasoning,
    finishReason: payload.finishReason ?? next.finishReason,
    usage: payload.usage ?? next.usage,
    firstTokenAt: next.firstTokenAt ?? (hasToken ? at : undefined),
  }
}

/**
 * Takes note of an event's place, and resumes a broken line.
 *
 * Positions are compared only across a break. On one connection TCP keeps the order, and a jump
 * there is a server that merged events: a merged event carries the last position of its parts.
 */
function arrive(answer: Answer, id: string, at: number): Answer {
  const place = parseEventId(id)
  const base = place && isOther(answer, place.streamId) ? restarted(answer, place.streamId) : answer
  const placed = {
    ...base,
    streamId: place?.streamId ?? base.streamId,
    last: Math.max(base.last, place?.position ?? 0),
  }
  const { broken } = base
  if (!broken) return placed
  const hole = place &&
    place.position > base.last + 1 && { from: base.last + 1, to: placed.last - 1 }
  const holed = hole ? { ...placed, parts: withLost(placed.parts, hole) } : placed
  return withNote(
    { ...holed, phase: 'streaming', broken: undefined },
    {
      kind: 'resumed',
      after: base.last,
      position: place?.position,
      tookMs: at - broken.at,
      lost: hole ? [...broken.lost, hole] : broken.lost,
      repeated: broken.repeated,
    },
  )
}

function isRepeat(answer: Answer, id: string): boolean {
  const place = parseEventId(id)
  return !!place && !isOther(answer, place.streamId) && place.position <= answer.last
}

function isOther(answer: Answer, streamId: string): boolean {
  return answer.streamId !== undefined && answer.streamId !== streamId
}

// A server that does not know our Last-Event-ID must refuse it. One that starts anew instead
// would be glued to the old text, or dropped as a repeat: so the old text goes, and we say it.
function restarted(answer: Answer, streamId: string): Answer {
  const fresh = { ...answer, parts: [], reasoning: '', last: 0, events: 0, broken: undefined }
  return withNote(fresh, { kind: 'other-stream', streamId })
}

function gap(answer: Answer, lost: Range): Answer {
  const { broken } = answer
  const next = {
    ...answer,
    parts: withLost(answer.parts, lost),
    last: Math.max(answer.last, lost.to),
  }
  // After a break the line that says "resumed" names the gap too.
  return broken
    ? { ...next, broken: { ...broken, lost: [...broken.lost, lost] } }
    : withNote(next, { kind: 'gap', ...lost })
}

function lineBroke(answer: Answer, at: number): Answer {
  if (!answer.broken) {
    const broken = { at, lost: [], repeated: 0, isOpenAgain: false }
    const next = { ...answer, phase: 'reconnecting' as const, broken }
    return withNote(next, { kind: 'broke', after: answer.last, attempts: 1 })
  }
  // The browser tries again every few seconds: one line that counts, not one line each.
  const current = answer.notes.findLastIndex((note) => note.kind === 'broke')
  const notes = answer.notes.map((note, index) =>
    index === current && note.kind === 'broke' ? { ...note, attempts: note.attempts + 1 } : note,
  )
  return { ...answer, notes, broken: { ...answer.broken, isOpenAgain: false } }
}

function ended(answer: Answer, at: number, end: End): Answer {
  return { ...answer, phase: 'ended', end, endedAt: at, isStopping: false, broken: undefined }
}

function withNote(answer: Answer, note: Note): Answer {
  return { ...answer, notes: [...answer.notes, note] }
}

function withText(parts: AnswerPart[], text: string): AnswerPart[] {
  if (text === '') return parts
  const tail = parts.at(-1)
  if (tail?.kind !== 'text') return [...parts, { kind: 'text', text }]
  return [...parts.slice(0, -1), { kind: 'text', text: tail.text + text }]
}

function withLost(parts: AnswerPart[], lost: Range): AnswerPart[] {
  return [...parts, { kind: 'lost', ...lost }]
}
