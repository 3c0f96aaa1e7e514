import type { LogRecord } from '../wire/record.ts'

/**
 * What is where in the store:
 *
 * - `s` + stream id: what is known of a stream (`StreamEntry`)
 * - `r` + its number + position: records that were stored together, under the position of the last
 *   of them, so that a search from any position on meets the block that holds it
 * - `c` + name: a claim, and `x` + the time it is free again + name
 *
 * Streams are numbered in the order they were created: so records are written in the order of their
 * keys, and what expires lies together. Both spare LevelDB most of its rewriting.
 */

/** Of a number or position: 48 bits, as many as a position in an event id has. */
const DIGITS = 12
const MAX = 'f'.repeat(DIGITS)

/** Largest block, in characters, unless one record is larger: a reader may need only its end. */
const BLOCK_CHARACTERS = 65_536

const CODES = { update: 'u', done: 'd', error: 'e' } as const
const EVENTS: Readonly<Partial<Record<string, LogRecord['event']>>> = {
  u: 'update',
  d: 'done',
  e: 'error',
}

/** One key and what it holds from now on; undefined: nothing. */
export type Write = readonly [key: string, value: string | undefined]

/** From `first` to `last`, both included. */
export interface KeyRange {
  readonly first: string
  readonly last: string
}

/** What is stored of a stream beside its records. */
export interface StreamEntry {
  readonly number: number
  readonly principal?: string | undefined
  /** Position of the oldest record that is kept. */
  readonly firstSeq: number
  /** UTF-8 bytes of JSON in the records before it. */
  readonly droppedBytes: number
  /** Left out while the stream runs: where that is found on opening, its producer is gone. */
  readonly end?: StreamEnd
}

export interface StreamEnd {
  /** Position of the terminal record. */
  readonly lastSeq: number
  /** UTF-8 bytes of JSON in all records, with those that were dropped. */
  readonly bytes: number
  /** Time of day, ms since 1970. */
  readonly at: number
}

export const STREAM_KEYS: KeyRange = { first: 's', last: 't' }

export function streamKey(streamId: string): string {
  return `s${streamId}`
}

export function streamWrite(streamId: string, entry: StreamEntry): Write {
  return [streamKey(streamId), JSON.stringify(entry)]
}

/** The stream's id and entry; undefined where what is stored is no entry of ours. */
export function readStream(key: string, value: string): [string, StreamEntry] | undefined {
  const entry = tryParse(value) as Partial<StreamEntry> | null | undefined
  const isEntry = Number.isSafeInteger(entry?.number) && Number.isSafeInteger(entry?.firstSeq)
  return isEntry ? [key.slice(1), entry as StreamEntry] : undefined
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What a disk gives back may be anything; the caller is told by undefined.
    return undefined
  }
}

export function recordKey(number: number, seq: number): string {
  return `r${hex(number)}${hex(seq)}`
}

/** Blocks of a stream whose last record lies from `seq` to `last`. */
export function recordKeys(number: number, seq = 0, last?: number): KeyRange {
  const end = last === undefined ? `r${hex(number)}${MAX}` : recordKey(number, last)
  return { first: recordKey(number, seq), last: end }
}

/** All blocks of the streams with these numbers. */
export function recordKeysOf(first: number, last = Number.POSITIVE_INFINITY): KeyRange {
  const number = last === Number.POSITIVE_INFINITY ? MAX : hex(last)
  return { first: `r${hex(first)}`, last: `r${number}${MAX}` }
}

/** @param records one after the other, of one stream */
export function blockWrites(number: number, records: readonly LogRecord[]): Write[] {
  const writes: Write[] = []
  let lines: string[] = []
  let characters = 0
  for (const [n, { seq, event, json }] of records.entries()) {
    lines.push(CODES[event] + json)
    characters += json.length
    if (characters < BLOCK_CHARACTERS && n < records.length - 1) continue
    writes.push([recordKey(number, seq), lines.join('\n')])
    lines = []
    characters = 0
  }
  return writes
}

/** The records of a block; none where it is damaged. */
export function readBlock(key: string, value: string): LogRecord[] {
  const lastSeq = Number.parseInt(key.slice(-DIGITS), 16)
  const lines = value.split('\n')
  const records: LogRecord[] = []
  for (const [n, line] of lines.entries()) {
    const event = EVENTS[line[0] ?? '']
    if (event === undefined) return []
    records.push({ seq: lastSeq - lines.length + 1 + n, event, json: line.slice(1) })
  }
  return records
}

export function claimKey(name: string): string {
  return `c${name}`
}

export function claimEndKey(until: number, name: string): string {
  return `x${hex(until)}${name}`
}

/** Claims that are free again at `now`. */
export function freeClaimKeys(now: number): KeyRange {
  return { first: 'x', last: `x${hex(now + 1)}` }
}

export function claimOfEndKey(key: string): string {
  return key.slice(1 + DIGITS)
}

function hex(number: number): string {
  return Math.floor(number).toString(16).padStart(DIGITS, '0')
}
