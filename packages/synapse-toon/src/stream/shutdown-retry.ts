import type { LogRecord } from '../wire/record.ts'

/** Soonest and latest time, in ms, at which clients come back after a shutdown: not all at once. */
const SOONEST_MS = 1000
const LATEST_MS = 3000

/** The same for clients that are sent to another instance, which is there already. */
const MOVE_SOONEST_MS = 50
const MOVE_LATEST_MS = 1000

/** Reconnection time for a client that is sent to another instance. */
export function retryAfterMove(): number {
  return between(MOVE_SOONEST_MS, MOVE_LATEST_MS)
}

/** Reconnection time to send along with the terminal frame of a shutdown; undefined for others. */
export function retryAfterShutdown(record: LogRecord): number | undefined {
  if (record.event !== 'error') return undefined
  const { code } = JSON.parse(record.json) as { code?: string }
  if (code !== 'shutdown') return undefined
  return between(SOONEST_MS, LATEST_MS)
}

function between(from: number, to: number): number {
  return from + Math.floor(Math.random() * (to - from))
}
