import { fieldsOf } from './profile.ts'

/** Why a model stopped, in the words of OpenAI's Chat Completions. */
export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls'

/** The words of others for the same. */
const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content_filter',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  // Anthropic's `stop_reason`.
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
  // The Responses' `incomplete_details.reason`.
  max_output_tokens: 'length',
}

/**
 * What a provider's event says of why the model stopped: an answer that was cut off at a limit must
 * not be told as one that came to its end.
 */
export function finishReasonOf(payload: unknown): FinishReason | undefined {
  const { type, delta, choices, response } = fieldsOf(payload)
  if (Array.isArray(choices)) return known(choices.map(fieldsOf).find(isFinished)?.finish_reason)
  if (type === 'message_delta') return known(fieldsOf(delta).stop_reason)
  if (type === 'response.completed') return 'stop'
  if (type !== 'response.incomplete') return undefined
  return known(fieldsOf(fieldsOf(response).incomplete_details).reason) ?? 'length'
}

function isFinished({ index, finish_reason }: Readonly<Record<string, unknown>>): boolean {
  return !index && Boolean(finish_reason)
}

function known(reason: unknown): FinishReason | undefined {
  return typeof reason === 'string' && Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined
}
