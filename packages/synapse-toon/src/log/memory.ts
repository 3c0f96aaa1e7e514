import { SynapseToonError } from '../errors.ts'
import { positive } from '../options/positive.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import type { HeldRecords } from './held-records.ts'
import type { CreateOptions, StreamLog } from './log.ts'
import { MemoryRecords } from './memory-records.ts'
import { RecordWindow } from './record-window.ts'

export interface MemoryLogOptions {
  /** Most bytes of records for each stream; the oldest go first. Default 8 MiB. */
  readonly maxBytes?: number
  /** Most bytes of ended streams in all; the one that ended first goes first. Default 256 MiB. */
  readonly maxEndedBytes?: number
  /** How long an ended stream can be resumed, in ms. Default 300 000 (5 minutes). */
  readonly keepFor?: number
  /** Default: the system's. */
  readonly clock?: Clock
}

type Records = MemoryRecords | RecordWindow

const MIB = 1024 * 1024
const DEFAULT_MAX_BYTES = 8 * MIB
const DEFAULT_MAX_ENDED_BYTES = 256 * MIB
const DEFAULT_KEEP_FOR_MS = 300_000

/** Longest timeout that timers hold is 2^31 - 1 ms; a longer one would fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** Two producers for one stream, or one that was started twice. */
export class StreamExistsError extends SynapseToonError {
  constructor(streamId: string) {
    super('ERR_SYNAPSE_STREAM_EXISTS', `stream ${streamId} is in the log already; use a new id`)
  }
}

/** Keeps records in this process: resume works until it ends. The default log. */
export function createMemoryLog(options: MemoryLogOptions = {}): StreamLog {
  const maxBytes = positive('maxBytes', options.maxBytes ?? DEFAULT_MAX_BYTES)
  const maxEndedBytes = positive('maxEndedBytes', options.maxEndedBytes ?? DEFAULT_MAX_ENDED_BYTES)
  const keepFor = positive('keepFor', options.keepFor ?? DEFAULT_KEEP_FOR_MS)
  const clock = options.clock ?? systemClock

  const streams = new Map<string, Records>()
  /** Ended streams in the order they ended: expiry looks at the first. */
  const ended = new Map<HeldRecords, { readonly until: number; readonly bytes: number }>()
  const claims = new Map<string, { readonly value: string; readonly until: number }>()
  let endedBytes = 0
  let cancelExpiry: (() => void) | undefined

  function onEnded(records: HeldRecords): void {
    // The log was closed while the stream ran: there is nothing to expire.
    if (streams.get(records.streamId) !== records) return
    const bytes = records.bytesAfter(0)
    ended.set(records, { until: clock.now() + keepFor, bytes })
    endedBytes += bytes
    for (const [oldest] of ended) {
      if (endedBytes <= maxEndedBytes || oldest === records) break
      forget(oldest)
    }
    scheduleExpiry()
  }

  function forget(records: HeldRecords): void {
    endedBytes -= ended.get(records)!.bytes
    ended.delete(records)
    streams.delete(records.streamId)
  }

  function scheduleExpiry(): void {
    if (cancelExpiry !== undefined) return
    const [next] = ended
    if (next === undefined) return
    const wait = Math.min(Math.max(0, next[1].until - clock.now()), MAX_TIMEOUT_MS)
    cancelExpiry = clock.after(wait, expire, { keepAlive: false })
  }

  function expire(): void {
    cancelExpiry = undefined
    const now = clock.now()
    for (const [records, { until }] of ended) {
      if (until > now) break
      forget(records)
    }
    scheduleExpiry()
  }

  return {
    shared: false,
    create(streamId: string, { principal, maxBytes: wanted, keepsPassed = true }: CreateOptions) {
      if (streams.has(streamId)) throw new StreamExistsError(streamId)
      const limit = Math.min(wanted ?? maxBytes, maxBytes)
      const records = keepsPassed
        ? new MemoryRecords(streamId, principal, limit, onEnded)
        : new RecordWindow(streamId, principal, limit, onEnded)
      streams.set(streamId, records)
      return records
    },
    open: (streamId) => streams.get(streamId),
    cancel: (streamId) => streams.get(streamId)?.cancel(),
    claim(name, value, keepFor) {
      const now = clock.now()
      // The order is that of the claims, not of their ends, so all are looked at; there are few.
      for (const [key, { until }] of claims) if (until <= now) claims.delete(key)
      const kept = claims.get(name)
      if (kept !== undefined) return kept.value
      claims.set(name, { value, until: now + keepFor })
      return value
    },
    close() {
      cancelExpiry?.()
      cancelExpiry = undefined
      streams.clear()
      ended.clear()
      claims.clear()
      endedBytes = 0
    },
  }
}
