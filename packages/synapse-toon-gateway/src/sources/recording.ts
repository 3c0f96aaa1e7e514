import { createEventStreamParser, type ParsedEvent } from 'synapse-toon/client'
import { type ChatChunk, isChatChunk, splitChoices } from './chat-chunk.ts'
import { DONE, tryParse } from './chat-stream.ts'
import { errorInEvent, type UpstreamError } from './upstream-error.ts'

/** What a recording does next: a chunk, or the error that the provider sent in the middle. */
export type RecordedStep = { readonly chunk: ChatChunk } | { readonly error: UpstreamError }

/** A file that is no recording of an OpenAI chat stream; the message completes "<file> …". */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
}

/** The forms of a recording, by file extension. */
const READERS: Readonly<Record<string, (content: Uint8Array) => readonly PlacedEvent[]>> = {
  '.jsonl': readLines,
  '.sse': readEventStream,
}

interface PlacedEvent extends Pick<ParsedEvent, 'event' | 'data'> {
  /** For messages: `line 12`. */
  readonly place: string
}

/**
 * Reads a recorded OpenAI chat stream: `.jsonl`, one chunk per line, or `.sse`, a response body.
 * What follows `[DONE]` or an error is dropped. A recording that just stops is played as it is: it
 * may be cut by hand.
 *
 * @param extension with its dot
 * @throws {RecordingError}
 */
export function readRecording(content: Uint8Array, extension: string): readonly RecordedStep[] {
  const read = READERS[extension.toLowerCase()]
  if (read === undefined) {
    const known = Object.keys(READERS).join(' or ')
    throw new RecordingError(`must end in ${known}, which tells how it is to be read`)
  }
  const steps: RecordedStep[] = []
  let isChat = false
  for (const { event, data, place } of read(content)) {
    if (data === DONE) break
    const value = tryParse(data)
    if (typeof value !== 'object' || value === null) {
      throw new RecordingError(`is no recording: ${place} holds no JSON object`)
    }
    isChat ||= isChatChunk(value)
    const error = errorInEvent(value, event, (words) => words)
    if (error !== undefined) {
      steps.push({ error })
      break
    }
    for (const chunk of splitChoices(value)) steps.push({ chunk })
  }
  if (isChat) return steps
  throw new RecordingError(
    'is no recording of an OpenAI chat stream: nothing in it has "object": "chat.completion.chunk"',
  )
}

function readLines(content: Uint8Array): PlacedEvent[] {
  return new TextDecoder()
    .decode(content)
    .split(/\r?\n/)
    .map((data, at) => ({ event: 'message', data: data.trim(), place: `line ${at + 1}` }))
    .filter(({ data }) => data !== '')
}

function readEventStream(content: Uint8Array): PlacedEvent[] {
  const events: PlacedEvent[] = []
  const parser = createEventStreamParser({
    onEvent: ({ event, data }) => {
      if (data.trim() !== '') events.push({ event, data, place: `event ${events.length + 1}` })
    },
  })
  parser.feed(content)
  // A recorder that stopped at the last byte leaves out the blank line that ends an event.
  parser.feed(new TextEncoder().encode('\n\n'))
  return events
}
