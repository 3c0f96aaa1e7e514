import type { LogRecord } from '../wire/record.ts'

/** Records that were stored together, as their channel tells of them. */
export interface StoredBatch {
  /** Oldest position that can still be read. */
  readonly firstSeq: number
  /** UTF-8 bytes of JSON in all records up to the last of these. */
  readonly bytes: number
  readonly records: readonly LogRecord[]
}

const LETTERS = { update: 'u', done: 'd', error: 'e' } as const
const EVENTS = { u: 'update', d: 'done', e: 'error' } as const

/** A record without its position, as Redis keeps it: a letter for its event, then its JSON. */
export function encodeRecord({ event, json }: Omit<LogRecord, 'seq'>): string {
  return LETTERS[event] + json
}

export function decodeRecord(seq: number, text: string): LogRecord {
  return { seq, event: EVENTS[text[0] as keyof typeof EVENTS], json: text.slice(1) }
}

/** Rows of `<seq>-0` and record, one after the other. */
export function decodeRows(rows: readonly string[]): LogRecord[] {
  const records: LogRecord[] = []
  for (let n = 0; n < rows.length; n += 2) {
    records.push(decodeRecord(Number.parseInt(rows[n]!, 10), rows[n + 1]!))
  }
  return records
}

const HEAD = /^(\d+) (\d+) (\d+)$/

/**
 * A line `<position of the first> <oldest position> <bytes>`, then a line for each record.
 *
 * @returns undefined for what is none of ours
 */
export function decodeBatch(message: string): StoredBatch | undefined {
  const [head = '', ...lines] = message.split('\n')
  const match = HEAD.exec(head)
  if (match === null || lines.length === 0) return undefined
  const [seq, firstSeq, bytes] = match.slice(1).map(Number) as [number, number, number]
  return { firstSeq, bytes, records: lines.map((line, n) => decodeRecord(seq + n, line)) }
}
