import type { DoneData, ErrorData } from '../stream/terminal-record.ts'
import { isTerminal, type LogRecord } from '../wire/record.ts'
import { finishReasonOf } from './finish-reason.ts'
import { finishReasonIn, withFinishReason } from './finish-state.ts'
import { payloadText } from './payload-text.ts'
import {
  DONE_FRAME,
  dataFrame,
  fieldsOf,
  type Profile,
  type Profiled,
  type ProfiledStream,
} from './profile.ts'

/** Bits of the state: a chunk has gone out; one had a `finish_reason`; one was the provider's own. */
const STARTED = 1
const FINISHED = 2
const PROVIDED = 4

/** A provider's stream that was cut ends as one that is whole does, but without a `finish_reason`. */
const CUT = {
  code: 'truncated',
  message: 'The stream of the provider ended before its finish_reason',
  retryable: true,
}

const CANCELLED = { code: 'cancelled', message: 'The stream was cancelled', retryable: false }

/**
 * OpenAI's Chat Completions: every payload a `chat.completion.chunk`, then `[DONE]`.
 *
 * Chunks pass as they are. Text becomes `delta.content`. Any other payload is a chunk whose `delta` is
 * empty, with the payload in a field `payload` of its own, which OpenAI's clients hand on.
 *
 * @param model what the chunks made here name as their model
 */
export function createOpenAiProfile(model: string): Profile {
  function chunk(
    { streamId, created }: ProfiledStream,
    delta: object,
    finish_reason: string | null,
    more?: object,
  ): string {
    const id = `chatcmpl-${streamId}`
    const choices = [{ index: 0, delta, finish_reason }]
    return dataFrame({ id, object: 'chat.completion.chunk', created, model, choices, ...more })
  }

  function frameUpdate(stream: ProfiledStream, record: LogRecord, state: number): Profiled {
    const payload: unknown = JSON.parse(record.json)
    const reason = finishReasonOf(payload)
    const started = withFinishReason(state | STARTED, reason)
    if (isChunk(payload)) {
      const text = `data: ${record.json}\n\n`
      const passed = started | PROVIDED
      return { text, state: hasFinish(payload) ? passed | FINISHED : passed }
    }
    const content = payloadText(payload)
    const role = state & STARTED ? undefined : 'assistant'
    const other = content === undefined ? { payload } : undefined
    return { text: chunk(stream, { role, content }, null, other), state: started }
  }

  function frameEnd(stream: ProfiledStream, record: LogRecord, state: number): Profiled {
    const end = JSON.parse(record.json) as DoneData | ErrorData
    if (!('reason' in end)) return { text: errorFrame(end), state }
    // A clean end would say that the answer is whole.
    if (end.reason === 'cancelled') return { text: errorFrame(CANCELLED), state }
    if (state & FINISHED) return { text: DONE_FRAME, state }
    if (state & PROVIDED) return { text: errorFrame(CUT), state }
    // On the last chunk, where others have it too: one of its own without choices breaks readers
    // that look at `choices[0]`.
    const usage = typeof end.usage === 'object' ? { usage: end.usage } : undefined
    return { text: chunk(stream, {}, finishReasonIn(state), usage) + DONE_FRAME, state }
  }

  return {
    key: `openai ${model}`,
    headers: [],
    frame: (stream, record, state) =>
      isTerminal(record) ? frameEnd(stream, record, state) : frameUpdate(stream, record, state),
  }
}

/**
 * The form in which openai-node and openai-python throw: a field `error`, in an event without a name.
 * Its type tells theirs and ours whether to try again.
 */
function errorFrame({
  code,
  message,
  retryable,
}: Omit<ErrorData, 'code'> & { code: string }): string {
  const type = retryable ? 'server_error' : 'stream_error'
  return dataFrame({ error: { message, type, param: null, code } })
}

function isChunk(payload: unknown): boolean {
  const { object, choices } = fieldsOf(payload)
  return object === 'chat.completion.chunk' || Array.isArray(choices)
}

/** Of any choice, and whatever it is: a second one from us would be one too many. */
function hasFinish(payload: unknown): boolean {
  const { choices } = fieldsOf(payload)
  return Array.isArray(choices) && choices.some((choice) => Boolean(fieldsOf(choice).finish_reason))
}
