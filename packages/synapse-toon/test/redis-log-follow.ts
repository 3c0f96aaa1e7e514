import { setTimeout as sleep } from 'node:timers/promises'
import type { LogReader, LogRecord, LogWriter, StreamLog } from 'synapse-toon'
import { expect, onTestFinished } from 'vitest'
import { listenToStrays } from './process-events.ts'
import { done, openKnown, update, whenBack } from './redis-log-kit.ts'
import { until } from './test-server.ts'

export interface Follower {
  readonly reader: LogReader
  /** What came so far, in the order in which it came. */
  readonly records: readonly LogRecord[]
  /** `lastSeq` at each announcement. */
  readonly heard: readonly number[]
  leave(): void
}

/** Reads as connections do: subscribes, then reads whatever there is whenever something is announced. */
export function follow(reader: LogReader, after = 0): Follower {
  const records: LogRecord[] = []
  const heard: number[] = []
  let position = after
  let isReading = false
  const load = async () => reader.load(position + 1)
  const readOn = async () => {
    if (isReading) return
    isReading = true
    while (position < reader.lastSeq) {
      const record = reader.at(position + 1)
      const page = record === undefined ? await whenBack(load) : [record]
      for (const one of page) if (one.seq > position) records.push(one)
      position = records.at(-1)?.seq ?? position
    }
    isReading = false
  }
  const leave = reader.subscribe({
    onAppend: () => {
      heard.push(reader.lastSeq)
      void readOn()
    },
  })
  void readOn()
  return { reader, records, heard, leave }
}

/** A stream of this log, and what its producer is told. */
export async function produce(log: StreamLog, streamId = 'stream') {
  const writer = await log.create(streamId, { principal: 'ann' })
  const told = { cancel: 0, lost: 0 }
  writer.listen({ onRoom() {}, onCancel: () => told.cancel++, onLost: () => told.lost++ })
  return { writer, told }
}

/** Some at once, then some more in later turns. */
export async function append(writer: LogWriter, count: number, text?: string): Promise<void> {
  for (let n = 0; n < count; n++) {
    writer.append(update(writer.lastSeq + 1, text))
    if (n % 5 === 4) await sleep(1)
  }
}

/** Ends the stream, and waits until all followers have it. */
export async function finish(writer: LogWriter, followers: readonly Follower[]): Promise<void> {
  writer.append(done(writer.lastSeq + 1))
  const all = () => followers.every(({ records }) => records.at(-1)?.event === 'done')
  await until(all, 'everybody has the end', 15_000)
}

/** Everybody reads everything. */
export async function followAll(
  logs: readonly StreamLog[],
  produced: readonly { readonly writer: LogWriter }[],
): Promise<Follower[]> {
  const followers: Follower[] = []
  for (const log of logs) {
    for (const { writer } of produced) followers.push(follow(await openKnown(log, writer.streamId)))
  }
  return followers
}

/** All reach the end that their producers gave them. */
export async function expectEnds(
  followers: readonly Follower[],
  produced: readonly { readonly told: { readonly lost: number } }[],
  lastSeq: number,
): Promise<void> {
  const all = () => followers.every(({ reader }) => reader.ended)
  await until(all, 'everybody has the end', 10_000)
  for (const { records } of followers) expect(seqsOf(records)).toEqual(range(1, lastSeq))
  for (const { told } of produced) expect(told.lost).toBe(0)
}

export const seqsOf = (records: readonly { seq: number }[]) => records.map(({ seq }) => seq)

export const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n)

/** Every record once, in order, and announced so. */
export function expectWhole(follower: Follower, writer: LogWriter): void {
  const { records, heard } = follower
  expect(seqsOf(records)).toEqual(range(1, writer.lastSeq))
  expect(heard).toEqual(range(heard[0]!, writer.lastSeq))
}

/** Fails the test on an error that nobody caught. */
export function expectNoStrays(): void {
  const strays = listenToStrays()
  onTestFinished(async () => expect(await strays()).toEqual([]))
}
