import { Buffer } from 'node:buffer'

/** Position in a stream's log and what is there. The last record of an ended stream is terminal. */
export interface LogRecord {
  /** 1 for the first; no holes. */
  readonly seq: number
  /** `update` carries a payload; `done` and `error` are terminal. */
  readonly event: 'update' | 'done' | 'error'
  /** One line of JSON: the payload, or what the terminal frame says. */
  readonly json: string
  /** UTF-8 bytes of `json`, where they were counted already. */
  readonly bytes?: number
}

/** UTF-8 bytes of a record's JSON. */
export function jsonBytes(record: LogRecord): number {
  return record.bytes ?? Buffer.byteLength(record.json)
}

export function isTerminal(record: LogRecord): boolean {
  return record.event !== 'update'
}
