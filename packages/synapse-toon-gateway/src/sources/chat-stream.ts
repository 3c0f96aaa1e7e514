import type { ParsedEvent } from 'synapse-toon/client'
import { type ChatChunk, FinishWatch, splitChoices } from './chat-chunk.ts'
import {
  errorInEvent,
  type Redact,
  UpstreamError,
  UpstreamTruncatedError,
} from './upstream-error.ts'

/** The data of the event that ends an OpenAI stream. */
export const DONE = '[DONE]'

/**
 * The chunks of an OpenAI Chat Completions stream, each with one choice.
 *
 * @throws {UpstreamError} for an error in an event, or an event that is no JSON object
 * @throws {UpstreamTruncatedError} when the events stop before `[DONE]` and before every
 *   `finish_reason`: a body that is cut off cleanly would otherwise read as a full answer
 */
export async function* readChatStream(
  events: AsyncIterable<ParsedEvent>,
  redact: Redact = (words) => words,
): AsyncGenerator<ChatChunk, void, undefined> {
  const watch = new FinishWatch()
  for await (const { event, data } of events) {
    // Some servers keep the line alive with empty data.
    if (data.trim() === '') continue
    if (data === DONE) return
    const value = parseEvent(data)
    const error = errorInEvent(value, event, redact)
    if (error !== undefined) throw error
    watch.see(value)
    yield* splitChoices(value)
  }
  if (!watch.isFinished) throw new UpstreamTruncatedError()
}

function parseEvent(data: string): ChatChunk {
  const value = tryParse(data)
  if (typeof value === 'object' && value !== null) return value
  throw new UpstreamError('the upstream sent an event that is no JSON object', { body: data })
}

/** @returns undefined for text that is not JSON, which no JSON text gives */
export function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The caller has words for it; those of JSON.parse would repeat the text.
    return undefined
  }
}
