import { isTerminal, jsonBytes, type LogRecord } from '../wire/record.ts'
import {
  blockWrites,
  readStream,
  recordKeys,
  recordKeysOf,
  STREAM_KEYS,
  type StreamEnd,
  type StreamEntry,
  streamWrite,
} from './level-keys.ts'
import { recordsFrom } from './level-reader.ts'
import type { LevelStore } from './level-store.ts'
import { producerLost } from './producer-lost.ts'

/** Streams that are ended at the same time: as many as the threads of libuv keep busy. */
const AT_ONCE = 16

export interface EndedEntry extends StreamEntry {
  readonly end: StreamEnd
}

/** What was found in a store that was opened. */
export interface Recovered {
  /** All have ended: those of which the producer was gone, just now. */
  readonly streams: ReadonlyMap<string, EndedEntry>
  readonly lastNumber: number
}

/** Reads what is known of all streams, and ends those that nobody produces any more. */
export async function recover(store: LevelStore, now: number): Promise<Recovered> {
  const streams = new Map<string, EndedEntry>()
  const running: [string, StreamEntry][] = []
  let lastNumber = 0
  let firstNumber = Number.POSITIVE_INFINITY
  for await (const page of store.pages(STREAM_KEYS)) {
    for (const [key, value] of page) {
      const found = readStream(key, value)
      if (found === undefined) continue
      const [streamId, entry] = found
      lastNumber = Math.max(lastNumber, entry.number)
      firstNumber = Math.min(firstNumber, entry.number)
      if (isEnded(entry)) streams.set(streamId, entry)
      else running.push([streamId, entry])
    }
  }
  // Records of no stream, where a disk has lost more than it had to. Between others they stay
  // until those have gone.
  if (firstNumber > lastNumber) await store.clear(recordKeysOf(0))
  else {
    await store.clear(recordKeysOf(0, firstNumber - 1))
    await store.clear(recordKeysOf(lastNumber + 1))
  }
  const endNext = async () => {
    for (let next = running.pop(); next !== undefined; next = running.pop()) {
      const [streamId, entry] = next
      streams.set(streamId, await endLost(store, streamId, entry, now))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, endNext))
  return { streams, lastNumber }
}

/** Ends a stream whose producer is gone, behind the records that were stored without a hole. */
export async function endLost(
  store: LevelStore,
  streamId: string,
  entry: StreamEntry,
  now: number,
): Promise<EndedEntry> {
  const { number } = entry
  const { last, lastSeq, bytes, hasMore } = await measure(store, entry)
  if (hasMore) await store.clear(recordKeys(number, lastSeq + 1))
  const records = last !== undefined && isTerminal(last) ? [] : [producerLost(lastSeq + 1)]
  const end: StreamEnd = {
    lastSeq: lastSeq + records.length,
    bytes: records.reduce((sum, record) => sum + jsonBytes(record), bytes),
    at: now,
  }
  const ended: EndedEntry = { ...entry, end }
  await store.write([...blockWrites(number, records), streamWrite(streamId, ended)])
  return ended
}

interface Measured {
  readonly last: LogRecord | undefined
  readonly lastSeq: number
  readonly bytes: number
  /** Whether there are records behind a hole. */
  readonly hasMore: boolean
}

async function measure(store: LevelStore, entry: StreamEntry): Promise<Measured> {
  const { number, firstSeq, droppedBytes } = entry
  let last: LogRecord | undefined
  let lastSeq = firstSeq - 1
  let bytes = droppedBytes
  for await (const blocks of store.pages(recordKeys(number, firstSeq))) {
    for (const record of recordsFrom(blocks, lastSeq + 1)) {
      if (record.seq !== lastSeq + 1 || (last !== undefined && isTerminal(last))) {
        return { last, lastSeq, bytes, hasMore: true }
      }
      last = record
      lastSeq = record.seq
      bytes += jsonBytes(record)
    }
  }
  return { last, lastSeq, bytes, hasMore: false }
}

function isEnded(entry: StreamEntry): entry is EndedEntry {
  return entry.end !== undefined
}
