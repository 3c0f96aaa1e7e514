import assert from 'node:assert/strict'
import type { ContractCheck } from '../../testing/contract-check.ts'
import { isTerminal, type LogRecord } from '../../wire/record.ts'
import type {
  CreateOptions,
  LogReader,
  LogWriter,
  MaybePromise,
  StreamLog,
  WriterEvents,
} from '../log.ts'
import type { LogKind, LogStore, OpenStore } from './store.ts'

/** Longer than any check takes: what a check has ended is there until the check is over. */
const KEEP_FOR_MS = 600_000

/** Together 10 s of the store's time: for a real one a bound that is only met where it fails. */
const POLLS = 500
const POLL_MS = 20

/** What a check works with. */
export interface Bench {
  readonly kind: LogKind
  readonly store: LogStore
  /** The log of the process that the check is about. */
  readonly log: StreamLog
  /** As another process has it; where logs are not shared, the same log. */
  elsewhere(): Promise<StreamLog>
  /** The log after the process of `log` was closed or lost. */
  reopen(): Promise<StreamLog>
  /** Lets time pass until `condition` is true, within bounds. */
  until(what: string, condition: () => MaybePromise<boolean>): Promise<void>
}

export type Check = (
  name: string,
  run: (bench: Bench) => Promise<void>,
  keepFor?: number,
) => ContractCheck

/** Makes checks that each open a store of their own and close it. */
export function checksOn(openStore: OpenStore, kind: LogKind): Check {
  return (name, run, keepFor = KEEP_FOR_MS) => ({
    name,
    async check() {
      const store = await openStore({ keepFor })
      try {
        await run(await benchOn(store, kind))
      } finally {
        await store.close()
      }
    },
  })
}

async function benchOn(store: LogStore, kind: LogKind): Promise<Bench> {
  const log = await store.open()
  return {
    kind,
    store,
    log,
    elsewhere: async () => (kind.shared ? store.open() : log),
    reopen: async () => store.open(),
    async until(what, condition) {
      for (let polls = 0; polls < POLLS; polls++) {
        if (await condition()) return
        await store.pass(POLL_MS)
      }
      assert.fail(`${what}: still not after ${POLLS * POLL_MS} ms`)
    },
  }
}

/** What a producer was told. */
interface Told {
  room: number
  cancel: number
  lost: number
}

/** A stream's producer, who listens as all do. */
export interface Producer {
  readonly writer: LogWriter
  readonly told: Told
}

export async function produce(
  log: StreamLog,
  streamId: string,
  options: Partial<CreateOptions> = {},
): Promise<Producer> {
  const writer = await log.create(streamId, { principal: undefined, ...options })
  const told: Told = { room: 0, cancel: 0, lost: 0 }
  const events: WriterEvents = {
    onRoom: () => void told.room++,
    onCancel: () => void told.cancel++,
    onLost: () => void told.lost++,
  }
  writer.listen(events)
  return { writer, told }
}

/** The same, for checks that do not look at what it is told. */
export async function create(
  log: StreamLog,
  streamId: string,
  options?: Partial<CreateOptions>,
): Promise<LogWriter> {
  return (await produce(log, streamId, options)).writer
}

/** The log's reader of a stream that is there. */
export async function openKnown(log: StreamLog, streamId: string): Promise<LogReader> {
  const reader = await log.open(streamId)
  assert.ok(reader !== undefined, `stream ${streamId} is known`)
  return reader
}

export const update = (seq: number, payload: unknown = { delta: `${seq} ` }): LogRecord => ({
  seq,
  event: 'update',
  json: JSON.stringify(payload),
})

export const done = (seq: number): LogRecord => ({
  seq,
  event: 'done',
  json: JSON.stringify({ reason: 'complete', chunks: seq - 1 }),
})

/** Appends so many small records. @returns all that the stream would have if it had no others */
export function appendSmall(writer: LogWriter, count: number): LogRecord[] {
  const records = Array.from({ length: count }, (_, n) => update(writer.lastSeq + 1 + n))
  for (const record of records) writer.append(record)
  return records
}

export function appendEnd(writer: LogWriter): LogRecord {
  const record = done(writer.lastSeq + 1)
  writer.append(record)
  return record
}

/** All that a reader gives from a position on, the way connections read it. */
export async function readFrom(reader: LogReader, seq: number): Promise<LogRecord[]> {
  return collect(seq, (next) => {
    const record = reader.at(next)
    return record === undefined ? reader.load(next) : [record]
  })
}

/** The same without what is in memory. */
export async function loadFrom(reader: LogReader, seq: number): Promise<LogRecord[]> {
  return collect(seq, (next) => reader.load(next))
}

async function collect(
  seq: number,
  give: (next: number) => MaybePromise<readonly LogRecord[]>,
): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (let next = seq; ; ) {
    const page = await give(next)
    if (page.length === 0) return records
    for (const record of page) {
      assert.ok(record.seq >= next, `record ${record.seq} comes twice or out of order`)
      next = record.seq + 1
      records.push(record)
    }
  }
}

/** Checks that they are the same, and says briefly where they are not: some are huge. */
export function assertRecords(
  actual: readonly (LogRecord | undefined)[],
  expected: readonly LogRecord[],
): void {
  const seqs = (records: typeof actual) => records.map((record) => record?.seq).join(' ')
  assert.equal(seqs(actual), seqs(expected))
  for (const [n, { seq, event, json }] of expected.entries()) {
    const record = actual[n]!
    assert.ok(record.event === event, `record ${seq} is ${event}, got ${record.event}`)
    const shown = `${record.json.length}: ${record.json.slice(0, 80)}`
    assert.ok(record.json === json, `record ${seq} has ${json.length} characters, got ${shown}`)
  }
}

/** A stream of which a producer wrote these records, and maybe more, and was lost. */
export async function assertProducerLost(
  reader: LogReader,
  appended: readonly LogRecord[],
  atLeast: number,
): Promise<void> {
  const records = await readFrom(reader, 1)
  const last = records.at(-1)
  assert.ok(last !== undefined && isTerminal(last), 'a terminal record is the last')
  assert.deepEqual([last.event, JSON.parse(last.json).code], ['error', 'producer-lost'])
  const kept = records.slice(0, -1)
  assert.ok(kept.length >= atLeast, `at least ${atLeast} records, got ${kept.length}`)
  assertRecords(kept, appended.slice(0, kept.length))
  assert.equal(last.seq, kept.length + 1)
  assert.equal(reader.lastSeq, last.seq)
  assert.ok(reader.ended)
}
