import type { DoneData, ErrorData } from '../stream/terminal-record.ts'
import { isTerminal, type LogRecord } from '../wire/record.ts'
import { finishReasonOf } from './finish-reason.ts'
import { finishReasonIn, withFinishReason } from './finish-state.ts'
import { payloadText } from './payload-text.ts'
import { DONE_FRAME, dataFrame, fieldsOf, type Profile, type Profiled } from './profile.ts'
import { uiMessagePartType } from './ui-message-part.ts'

/** Bits of the state: `start` is out; a text of ours is open; `finish` is out. */
const STARTED = 1
const TEXT_OPEN = 2
const FINISHED = 4

/** Texts of ours never overlap, and an id may be used again after `text-end`. */
const TEXT_ID = 'text'

const START = dataFrame({ type: 'start' })
const TEXT_START = dataFrame({ type: 'text-start', id: TEXT_ID })
const TEXT_END = dataFrame({ type: 'text-end', id: TEXT_ID })

/** Types of provider events that are no content: useless in a message that is kept. */
const PROVIDER = /^(message|content_block)_(start|delta|stop)$|^ping$|^response\./

/**
 * The AI SDK's UI message stream, which `useChat` reads.
 *
 * Parts pass as they are. Text becomes `text-delta`, between a `text-start` and a `text-end` of ours.
 * Any other payload is a part `data-payload`; a provider's own event is a transient one, which
 * reaches `onData` and is not kept in the message.
 */
export const AI_SDK_PROFILE: Profile = {
  key: 'ai-sdk',
  headers: [['x-vercel-ai-ui-message-stream', 'v1']],
  frame: (_stream, record, state) =>
    isTerminal(record) ? frameEnd(record, state) : frameUpdate(record, state),
}

function frameUpdate({ json }: LogRecord, state: number): Profiled {
  const payload: unknown = JSON.parse(json)
  const part = uiMessagePartType(payload)
  const next = withFinishReason(state | STARTED, finishReasonOf(payload))
  const start = state & STARTED || part === 'start' ? '' : START
  const delta = part === undefined ? payloadText(payload) : undefined
  if (delta !== undefined) {
    const open = state & TEXT_OPEN ? '' : TEXT_START
    const text = start + open + dataFrame({ type: 'text-delta', id: TEXT_ID, delta })
    return { text, state: next | TEXT_OPEN }
  }
  // So that the parts of the message keep the order in which they came.
  const before = start + closeText(state)
  const closed = next & ~TEXT_OPEN
  if (part === undefined) return { text: before + dataPart(payload), state: closed }
  const text = `${before}data: ${json}\n\n`
  return { text, state: part === 'finish' ? closed | FINISHED : closed }
}

function dataPart(data: unknown): string {
  const { type, choices } = fieldsOf(data)
  const transient = Array.isArray(choices) || (typeof type === 'string' && PROVIDER.test(type))
  return dataFrame({ type: 'data-payload', data, transient: transient || undefined })
}

function frameEnd({ json }: LogRecord, state: number): Profiled {
  const end = JSON.parse(json) as DoneData | ErrorData
  const before = (state & STARTED ? '' : START) + closeText(state)
  if (!('reason' in end)) {
    return { text: before + dataFrame({ type: 'error', errorText: end.message }), state }
  }
  if (end.reason === 'cancelled') {
    const abort = dataFrame({ type: 'abort', reason: 'cancelled' })
    return { text: before + abort + DONE_FRAME, state }
  }
  const finishReason = finishReasonIn(state).replace('_', '-')
  const finish = state & FINISHED ? '' : dataFrame({ type: 'finish', finishReason })
  return { text: before + finish + DONE_FRAME, state }
}

function closeText(state: number): string {
  return state & TEXT_OPEN ? TEXT_END : ''
}
