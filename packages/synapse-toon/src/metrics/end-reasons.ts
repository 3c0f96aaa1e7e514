import { END_TEXTS, type EndReason, isDone } from '../stream/end-reason.ts'
import type { LeaveReason } from '../stream/stream.ts'

/** All reasons: what a counter must show as 0 before it happens, so that rates see the first one. */
export const END_REASONS: readonly EndReason[] = [
  'complete',
  'cancelled',
  ...(Object.keys(END_TEXTS) as (keyof typeof END_TEXTS)[]),
]

/** Why a connection can be lost while its stream goes on. */
export const LEAVE_REASONS: readonly LeaveReason[] = [
  'client-left',
  'stalled-client',
  'overflow',
  'shutdown',
]

/** Neither complete nor asked for. */
export function isAbnormal(reason: EndReason): boolean {
  return !isDone(reason)
}
