import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  assertProducerLost,
  assertRecords,
  done,
  readFrom,
  update,
} from '../src/log/contract/kit.ts'
import type { LevelLogOptions } from '../src/log/level.ts'
import { openLevelLog } from '../src/log/level.ts'
import type { LevelLog } from '../src/log/level-log.ts'
import type { LogWriter, StreamLog } from '../src/log/log.ts'
import { producerLost } from '../src/log/producer-lost.ts'
import { createFakeClock } from '../src/testing/fake-clock.ts'
import type { SeededRandom } from '../src/testing/seeded-random.ts'
import { isTerminal, type LogRecord } from '../src/wire/record.ts'

/** A directory that goes with the test. */
export async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'synapse-level-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

export async function copyDirectory(from: string): Promise<string> {
  const to = await makeDirectory()
  await cp(from, to, { recursive: true })
  return to
}

/** Opens a log whose clocks stand still, and closes it with the test. */
export async function openLog(
  directory: string,
  options: Partial<LevelLogOptions> = {},
): Promise<LevelLog> {
  const clock = createFakeClock()
  const log = await openLevelLog({ directory, clock, wallClock: () => 1e12, ...options })
  onTestFinished(() => log.close())
  return log
}

/** A stream as its producer knows it. */
export interface KnownStream {
  readonly writer: LogWriter
  readonly records: LogRecord[]
  /** Records of which `flushed` has said that they are stored. */
  flushed: number
}

/** Begins streams, appends to them, ends some of them, and waits now and then until all is stored. */
export async function appendAtRandom(
  log: StreamLog,
  random: SeededRandom,
  { steps = 60, prefix = 'stream', onFlushed = async () => {} }: AppendOptions = {},
): Promise<Map<string, KnownStream>> {
  const streams = new Map<string, KnownStream>()
  for (let step = 0; step < steps; step++) {
    const running = [...streams.values()].filter(({ writer }) => !writer.ended)
    if (running.length === 0 || random.chance(0.15)) {
      const streamId = `${prefix}-${streams.size}`
      const writer = await log.create(streamId, { principal: streamId })
      streams.set(streamId, { writer, records: [], flushed: 0 })
    } else {
      const stream = random.pick(running)
      for (let count = random.between(1, 40); count > 0; count--) appendOne(stream, random)
      if (random.chance(0.1)) append(stream, done(stream.records.length + 1))
    }
    if (random.chance(0.2)) {
      await flushAll(streams)
      await onFlushed(streams)
    }
  }
  return streams
}

interface AppendOptions {
  readonly steps?: number
  /** Of the ids of streams. */
  readonly prefix?: string
  readonly onFlushed?: (streams: ReadonlyMap<string, KnownStream>) => Promise<void>
}

function appendOne(stream: KnownStream, random: SeededRandom): void {
  const length = random.chance(0.05) ? random.between(1000, 20_000) : random.between(0, 60)
  append(stream, update(stream.records.length + 1, '東é-'.repeat(length).slice(0, length)))
}

function append(stream: KnownStream, record: LogRecord): void {
  stream.records.push(record)
  stream.writer.append(record)
}

async function flushAll(streams: ReadonlyMap<string, KnownStream>): Promise<void> {
  const all = [...streams.values()]
  const counts = all.map(({ records }) => records.length)
  await Promise.all(all.map(({ writer }) => writer.flushed()))
  for (const [n, stream] of all.entries()) stream.flushed = counts[n]!
}

/**
 * Checks what a log that was opened again gives of a stream: all that is sure, maybe more of what
 * was appended, and an end.
 */
export async function assertRecovered(
  log: StreamLog,
  streamId: string,
  { records, flushed }: { readonly records: readonly LogRecord[]; readonly flushed: number },
): Promise<void> {
  const reader = await log.open(streamId)
  if (reader === undefined) {
    if (flushed > 0) throw new Error(`stream ${streamId} is gone, with ${flushed} records`)
    return
  }
  const hasEnd = reader.lastSeq === records.length && isTerminal(records.at(-1)!)
  if (hasEnd) assertRecords(await readFrom(reader, 1), records)
  else await assertProducerLost(reader, records, flushed)
}

/**
 * The same for a disk that has lost more than the newest: an ended stream may have a gap, which
 * whoever reads it sees.
 *
 * @returns how many of the appended records it still has
 */
export async function assertHonest(
  log: StreamLog,
  streamId: string,
  { records }: { readonly records: readonly LogRecord[] },
): Promise<number> {
  const reader = await log.open(streamId)
  if (reader === undefined) return 0
  const read = await readFrom(reader, 1)
  const last = read.at(-1) ?? reader.at(reader.lastSeq)
  assertRecords([last], [reader.at(reader.lastSeq)!])
  const isLost = last!.json === producerLost(0).json
  const kept = isLost ? read.slice(0, -1) : read
  assertRecords(
    kept,
    kept.map(({ seq }) => records[seq - 1]!),
  )
  return kept.length
}
