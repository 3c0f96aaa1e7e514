import type { LogRecord } from '../wire/record.ts'

/** Soonest and latest time, in ms, at which clients come back after a shutdown: not all at once. */
const SOONEST_MS = 1000
const LATEST_MS = 3000

/** Reconnection time to send along with the terminal frame of a shutdown; undefined for others. */
export function retryAfterShutdown(record: LogRecord): number | undefined {
  if (record.event !== 'error') return undefined
  const { code } = JSON.parse(record.json) as { code?: string }
  if (code !== 'shutdown') return undefined
  return SOONEST_MS + Math.floor(Math.random() * (LATEST_MS - SOONEST_MS))
}
