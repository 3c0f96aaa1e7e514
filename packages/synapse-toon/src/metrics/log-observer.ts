import { wholeNumber } from '../options/whole-number.ts'
import type { EndReason } from '../stream/end-reason.ts'
import type { Observer, StreamProgress, StreamSummary } from '../stream/observer.ts'
import type { LeaveReason } from '../stream/stream.ts'
import { consoleLogger, type StructuredLogger } from './console-logger.ts'
import { isAbnormal } from './end-reasons.ts'
import { errorFields } from './error-fields.ts'

export interface LogObserverOptions {
  /** A pino logger, or anything with its `info`, `warn` and `error`. Default `consoleLogger`. */
  readonly logger?: StructuredLogger
  /** Chunks from one `Stream rate` line of a stream to the next. 0: none. Default 10 (the seed's). */
  readonly everyChunks?: number
}

/** Ends that the client, or the one who stops the server, brought about: no failure of a part. */
const NOT_OUR_FAILURE: readonly EndReason[] = [
  'client-left',
  'stalled-client',
  'overflow',
  'shutdown',
]

/** A clock may not have moved since the start; a rate must be a number all the same. In ms. */
const LEAST_ELAPSED_MS = 0.001

/**
 * Writes the seed's `Stream rate` every few chunks, and one line for each stream that ended other
 * than `complete` or `cancelled`, and for each connection that was lost. Never payload text.
 *
 * @throws {InvalidOptionError}
 */
export function createLogObserver(options: LogObserverOptions = {}): Observer {
  const { logger = consoleLogger, everyChunks = 10 } = options
  wholeNumber('everyChunks', everyChunks, 0, Number.MAX_SAFE_INTEGER, 'chunks, 0 for none')
  /** Principals of the streams that run: an event of a connection does not name its own. */
  const running = new Map<string, string | undefined>()
  /** A stream that ends by losing its last connection is told first, its connection right after. */
  let justEnded: { readonly streamId: string; readonly reason: EndReason } | undefined

  return {
    requested() {
      // Whoever comes now is another connection.
      justEnded = undefined
    },

    opened({ streamId, principal }) {
      running.set(streamId, principal)
    },

    // Left out where nothing is to be written: the path of delivery then calls nothing.
    ...(everyChunks > 0 && {
      chunk(stream: StreamProgress) {
        if (stream.chunks % everyChunks === 0) logRate(logger, stream)
      },
    }),

    ended(summary) {
      running.delete(summary.streamId)
      justEnded = { streamId: summary.streamId, reason: summary.reason }
      if (isAbnormal(summary.reason)) logEnd(logger, summary)
    },

    disconnected({ streamId, lost, resumedAfter = 0, chunks, durationMs }) {
      // The connection's own loss has ended its stream: that line is written.
      const isWritten = justEnded?.streamId === streamId && justEnded?.reason === lost
      justEnded = undefined
      if (lost === undefined || streamId === undefined || isWritten) return
      const principal = running.get(streamId)
      const fields = { streamId, principal, reason: lost, position: resumedAfter + chunks }
      logger[levelOfLoss(lost)]({ ...fields, durationMs }, 'Connection lost')
    },
  }
}

/** The seed's `$chunkCount / $elapsed * 1000`: chunks per second since the start. */
function logRate(logger: StructuredLogger, { streamId, chunks, elapsedMs }: StreamProgress): void {
  const rate = (chunks / Math.max(elapsedMs, LEAST_ELAPSED_MS)) * 1000
  logger.info({ rate, chunk: chunks, streamId }, 'Stream rate')
}

function logEnd(logger: StructuredLogger, summary: StreamSummary): void {
  const { streamId, principal, reason, chunks, elapsedMs, error } = summary
  const fields = { streamId, principal, reason, position: chunks, durationMs: elapsedMs }
  const err = errorFields(error)
  const line = err === undefined ? fields : { ...fields, err }
  if (NOT_OUR_FAILURE.includes(reason)) logger.warn(line, 'Stream interrupted')
  else logger.error(line, 'Stream failed')
}

/** People leave all the time; one who takes nothing, or too slowly, is worth a look. */
function levelOfLoss(lost: LeaveReason): 'info' | 'warn' {
  return lost === 'client-left' ? 'info' : 'warn'
}
