import { createEventStreamParser, type ParsedEvent } from 'synapse-toon/client'
import { UpstreamError } from './upstream-error.ts'

/**
 * Longest event that is taken, in bytes. Real ones with an image inside reach 28 MB; a line that
 * never ends would otherwise fill the memory of everyone.
 */
const MAX_EVENT_BYTES = 33_554_432

/**
 * The events of a body, one by one. Pulled: the next read of the body waits until all events of the
 * one before are taken, so what waits here is at most one read, and a slow client slows the
 * upstream down through TCP instead of filling our memory.
 *
 * @throws {UpstreamError} for an event of more than `maxEventBytes`
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  maxEventBytes = MAX_EVENT_BYTES,
): AsyncGenerator<ParsedEvent, void, undefined> {
  const ready: ParsedEvent[] = []
  /** Bytes since the last event or comment: the event that is under way cannot be longer. */
  let unfinishedBytes = 0
  const parser = createEventStreamParser({
    onEvent: (event) => ready.push(event),
    onComment: () => {
      unfinishedBytes = 0
    },
  })
  for await (const bytes of body) {
    unfinishedBytes += bytes.length
    parser.feed(bytes)
    if (ready.length > 0) unfinishedBytes = 0
    if (unfinishedBytes > maxEventBytes) {
      throw new UpstreamError(`the upstream sent an event of more than ${maxEventBytes} bytes`)
    }
    yield* ready.splice(0)
  }
}
