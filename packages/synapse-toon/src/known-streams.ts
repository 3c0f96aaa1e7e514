import { StreamGoneError, StreamNotFoundError } from './http/http-errors.ts'
import { isSamePrincipal } from './http/same-principal.ts'
import type { LogReader } from './log/log.ts'
import type { Runtime } from './runtime.ts'
import type { EndReason } from './stream/end-reason.ts'
import { endReasonOf } from './stream/terminal-record.ts'
import { isStreamId } from './wire/event-id.ts'

/** Who asks for a stream: only its own principal is told of it. */
export interface By {
  readonly principal?: string | undefined
}

/** How a stream is doing, wherever it runs. */
export interface StreamState {
  readonly streamId: string
  readonly state: 'producing' | 'ended'
  /** Why it ended; left out while it runs. */
  readonly reason?: EndReason
  /** Records so far, the terminal one with them. */
  readonly records: number
  /** UTF-8 bytes of their JSON. */
  readonly bytes: number
  /** Clients that read it now, in all processes. */
  readonly readers: number
}

/**
 * @throws {StreamGoneError} nobody knows it (any more) @throws {StreamNotFoundError} it is another's
 */
export async function inspectStream(runtime: Runtime, streamId: string, by: By) {
  const log = await findLog(runtime, streamId)
  if (log === undefined) throw new StreamGoneError(streamId)
  if (!isSamePrincipal(log.principal, by.principal)) throw new StreamNotFoundError()
  const { ended, lastSeq: records, bytes } = log
  const readers = await log.readers()
  const common = { streamId, records, bytes, readers }
  if (!ended) return { ...common, state: 'producing' } satisfies StreamState
  const reason = endReasonOf(log.at(records)!)
  return { ...common, state: 'ended', reason } satisfies StreamState
}

/**
 * Ends a running stream with `cancelled`, wherever it runs.
 *
 * @returns once the terminal record is in the log: whether there was a running stream of `by`
 */
export async function cancelStream(runtime: Runtime, streamId: string, by: By): Promise<boolean> {
  const log = await findLog(runtime, streamId)
  if (log === undefined || log.ended || !isSamePrincipal(log.principal, by.principal)) return false
  const stream = runtime.running.get(streamId)
  if (stream !== undefined) {
    stream.end('cancelled')
    await stream.log.flushed()
    return true
  }
  // Before the request: an end that comes at once must be heard.
  const end = untilEnded(log)
  await runtime.log.cancel(streamId)
  await end
  return true
}

/** Settles in any case: a producer that is gone is found out by its log, which then ends the stream. */
function untilEnded(log: LogReader): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!log.ended) return
      unsubscribe()
      resolve()
    }
    const unsubscribe = log.subscribe({ onAppend: look })
    look()
  })
}

async function findLog(runtime: Runtime, streamId: string): Promise<LogReader | undefined> {
  return isStreamId(streamId) ? runtime.open(streamId) : undefined
}
