import type { LogReader, MaybePromise } from '../log/log.ts'
import { END_TEXTS, type EndReason } from '../stream/end-reason.ts'
import type { DoneData, ErrorData } from '../stream/terminal-record.ts'
import { isTerminal } from '../wire/record.ts'
import { TooLargeError } from './http-errors.ts'

/** A whole answer as one document. */
export interface WholeAnswer {
  readonly streamId: string
  readonly reason: EndReason
  readonly chunks: number
  /** Where a payload carried one. */
  readonly usage?: unknown
  /** Where the stream did not end well. */
  readonly error?: { readonly message: string; readonly retryable: boolean }
  readonly payloads: readonly unknown[]
}

/**
 * An ended stream as a JSON document (`WholeAnswer`). A stream that failed in the middle has the
 * status of its failure, and the payloads that there are.
 */
export function wholeAnswer(log: LogReader): MaybePromise<{ status: number; json: string }> {
  const payloads: string[] = []
  for (let seq = 1; seq < log.lastSeq; seq++) {
    const record = log.at(seq)
    if (record === undefined) return loadRest(log, payloads)
    payloads.push(record.json)
  }
  return toAnswer(log, payloads)
}

/** The same, with what is not in memory. */
async function loadRest(log: LogReader, payloads: string[]) {
  while (payloads.length + 1 < log.lastSeq) {
    const seq = payloads.length + 1
    const records = await log.load(seq)
    if (records[0]?.seq !== seq) throw new TooLargeError(undefined)
    for (const record of records) if (!isTerminal(record)) payloads.push(record.json)
  }
  return toAnswer(log, payloads)
}

function toAnswer(log: LogReader, payloads: readonly string[]): { status: number; json: string } {
  const { status, fields } = endFields(JSON.parse(log.at(log.lastSeq)!.json))
  const head = JSON.stringify({ streamId: log.streamId, ...fields, chunks: payloads.length })
  // The payloads are JSON already: they go in as they are, and are not parsed and written again.
  return { status, json: `${head.slice(0, -1)},"payloads":[${payloads.join(',')}]}` }
}

function endFields(end: DoneData | ErrorData): { status: number; fields: object } {
  if ('reason' in end) return { status: 200, fields: { reason: end.reason, usage: end.usage } }
  const { code, message, retryable } = end
  return { status: END_TEXTS[code].status, fields: { reason: code, error: { message, retryable } } }
}
