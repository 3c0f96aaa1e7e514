import type { EndReason } from './end-reason.ts'
import {
  DeadlineError,
  ShutdownError,
  StreamCancelledError,
  StreamInterruptedError,
} from './errors.ts'
import type { Deadlines } from './settings.ts'

/** Which deadline ends a stream with which reason. */
const DEADLINE_OPTIONS: Partial<Record<EndReason, keyof Deadlines>> = {
  'connect-timeout': 'connect',
  'first-chunk-timeout': 'firstChunk',
  'idle-timeout': 'idle',
  deadline: 'total',
}

/** The reason that a source's signal gets when its stream ends before the source did. */
export function interruption(reason: EndReason, error: unknown, deadlines: Deadlines): unknown {
  const option = DEADLINE_OPTIONS[reason]
  if (option !== undefined) return new DeadlineError(reason, option, deadlines[option])
  if (reason === 'source-error') return error
  if (reason === 'cancelled') return new StreamCancelledError()
  if (reason === 'shutdown') return new ShutdownError()
  return new StreamInterruptedError(reason)
}
