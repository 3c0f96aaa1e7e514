import { SynapseToonError } from '../errors.ts'
import type { LogRecord } from '../wire/record.ts'
import type { LogReader } from './log.ts'

/** A record that does not follow the last one, or follows the end. */
export class AppendError extends SynapseToonError {
  constructor(streamId: string, seq: number, rule: string) {
    super('ERR_SYNAPSE_APPEND', `record ${seq} of stream ${streamId} ${rule}`)
  }
}

/** @throws {AppendError} `record` is not the next one */
export function assertNext(
  log: Pick<LogReader, 'streamId' | 'lastSeq' | 'ended'>,
  { seq }: LogRecord,
): void {
  if (log.ended) throw new AppendError(log.streamId, seq, 'follows the terminal record')
  if (seq !== log.lastSeq + 1) {
    throw new AppendError(log.streamId, seq, `leaves a hole after ${log.lastSeq}`)
  }
}
