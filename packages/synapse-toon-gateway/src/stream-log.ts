import type { FastifyBaseLogger } from 'fastify'
import type { Observer } from 'synapse-toon'

/**
 * Writes one line for each connection that is over, and a warning for each stream that ended
 * otherwise than it should. Never the text of questions and answers; what an upstream said, only
 * at `debug`, and only its message.
 */
export function createStreamLog(log: FastifyBaseLogger): Observer {
  return {
    ended({ streamId, reason, chunks, elapsedMs, error }) {
      if (reason === 'complete' || reason === 'cancelled') return
      const fields = { streamId, reason, chunks, elapsedMs: Math.round(elapsedMs) }
      log.warn({ ...fields, ...errorKind(error) }, 'stream ended early')
      if (error !== undefined) log.debug({ streamId, said: messageOf(error) }, 'why it ended')
    },
    disconnected({ streamId, reason, status, chunks, ttfbMs, durationMs, resumedAfter }) {
      const times = { ttfbMs: round(ttfbMs), durationMs: round(durationMs) }
      log.info({ streamId, reason, status, chunks, ...times, resumedAfter }, 'connection over')
    },
  }
}

/** What kind of error it was, in words that are ours. */
function errorKind(error: unknown): { error?: string; upstreamStatus?: number } {
  if (!(error instanceof Error)) return {}
  const { name, status } = error as Error & { status?: unknown }
  return { error: name, upstreamStatus: typeof status === 'number' ? status : undefined }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Tenths of a ms: more digits say nothing. */
function round(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10
}
