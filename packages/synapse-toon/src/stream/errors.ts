import { SynapseToonError } from '../errors.ts'
import type { EndReason } from './end-reason.ts'

/**
 * The reason of a source's signal when the one who read it is gone: left, stalled or too slow
 * (the seed's `StreamInterruptedException`).
 */
export class StreamInterruptedError extends SynapseToonError {
  readonly reason: EndReason

  constructor(reason: EndReason) {
    super('ERR_SYNAPSE_INTERRUPTED', INTERRUPTIONS[reason] ?? `stream ended: ${reason}`)
    this.reason = reason
  }
}

const INTERRUPTIONS: Partial<Record<EndReason, string>> = {
  'client-left': 'Client disconnected',
  'stalled-client': 'Client took no bytes for too long',
  overflow: 'Client fell too far behind',
}

/** The reason of a source's signal when a deadline passed. */
export class DeadlineError extends SynapseToonError {
  readonly reason: EndReason
  /** The deadline, in ms. */
  readonly milliseconds: number

  constructor(reason: EndReason, option: string, milliseconds: number) {
    super(
      'ERR_SYNAPSE_DEADLINE',
      `${reason}: deadlines.${option} of ${milliseconds} ms passed; raise it, or set it to 0 to switch it off`,
    )
    this.reason = reason
    this.milliseconds = milliseconds
  }
}

/** The reason of a source's signal when someone asked for the stop. */
export class StreamCancelledError extends SynapseToonError {
  constructor() {
    super('ERR_SYNAPSE_CANCELLED', 'Stream cancelled')
  }
}

/** The reason of a source's signal when the server shuts down. */
export class ShutdownError extends SynapseToonError {
  constructor() {
    super('ERR_SYNAPSE_SHUTDOWN', 'Server is shutting down')
  }
}
