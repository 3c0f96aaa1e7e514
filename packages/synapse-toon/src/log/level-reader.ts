import { jsonBytes, type LogRecord } from '../wire/record.ts'
import { isDamage } from './level-errors.ts'
import { readBlock, recordKey, recordKeys, type StreamEntry, streamKey } from './level-keys.ts'
import type { LevelStore } from './level-store.ts'
import type { LogReader } from './log.ts'
import { producerLost } from './producer-lost.ts'

/** An ended stream, as far as it is held in memory. */
export interface EndedStream {
  readonly streamId: string
  readonly number: number
  readonly lastSeq: number
  /** What it takes in the store, about. */
  readonly bytes: number
  /** Time of day of its end, ms since 1970. */
  readonly endedAt: number
  /** Subscribers. */
  readers: number
}

/** Records of a stream in the store, from `seq` on: some 256 KiB of them. */
export async function loadRecords(
  store: LevelStore,
  number: number,
  seq: number,
): Promise<LogRecord[]> {
  const blocks = await store.page(recordKeys(number, seq))
  return recordsFrom(blocks, seq)
}

/** Those of some blocks that are from `seq` on. A block that was written again may hold some twice. */
export function recordsFrom(blocks: readonly (readonly [string, string])[], seq: number) {
  const records: LogRecord[] = []
  for (const [key, value] of blocks) {
    for (const record of readBlock(key, value)) {
      if (record.seq >= seq && record.seq > (records.at(-1)?.seq ?? 0)) records.push(record)
    }
  }
  return records
}

/** Opens an ended stream; gives undefined where it has expired in the meantime. */
export async function openEnded(
  store: LevelStore,
  stream: EndedStream,
): Promise<LevelReader | undefined> {
  const { streamId, number, lastSeq } = stream
  const key = recordKey(number, lastSeq)
  const [entry, block] = await Promise.all([
    store.get(streamKey(streamId)),
    unlessDamaged(store.get(key), undefined),
  ])
  if (entry === undefined) return undefined
  const terminal = block === undefined ? undefined : readBlock(key, block).at(-1)
  return new LevelReader(store, stream, JSON.parse(entry), terminal ?? producerLost(lastSeq))
}

/** What cannot be read now will not be read later either: the reader goes on behind it. */
async function unlessDamaged<Value>(reading: Promise<Value>, instead: Value): Promise<Value> {
  try {
    return await reading
  } catch (error) {
    if (isDamage(error)) return instead
    throw error
  }
}

/** Reads an ended stream from the store: only its end is held in memory. */
export class LevelReader implements LogReader {
  readonly ended = true
  readonly mayLag = false
  readonly streamId: string
  readonly principal: string | undefined
  readonly firstSeq: number
  readonly lastSeq: number
  readonly bytes: number
  readonly #store: LevelStore
  readonly #stream: EndedStream
  readonly #terminal: LogRecord
  readonly #keptBytes: number

  constructor(store: LevelStore, stream: EndedStream, entry: StreamEntry, terminal: LogRecord) {
    this.#store = store
    this.#stream = stream
    this.streamId = stream.streamId
    this.principal = entry.principal
    this.firstSeq = entry.firstSeq
    this.lastSeq = stream.lastSeq
    this.bytes = entry.end?.bytes ?? 0
    this.#keptBytes = this.bytes - entry.droppedBytes
    this.#terminal = terminal
  }

  at(seq: number): LogRecord | undefined {
    return seq === this.lastSeq ? this.#terminal : undefined
  }

  load(seq: number): Promise<readonly LogRecord[]> {
    const reading = loadRecords(this.#store, this.#stream.number, Math.max(seq, this.firstSeq))
    return unlessDamaged(reading, seq > this.lastSeq ? [] : [this.#terminal])
  }

  bytesAfter(seq: number): number {
    if (seq < this.firstSeq) return this.#keptBytes
    return seq < this.lastSeq ? jsonBytes(this.#terminal) : 0
  }

  /** Nothing is appended to what has ended: those who wait are only counted. */
  subscribe(): () => void {
    this.#stream.readers++
    let isCounted = true
    return () => {
      if (isCounted) this.#stream.readers--
      isCounted = false
    }
  }

  readers(): number {
    return this.#stream.readers
  }
}
