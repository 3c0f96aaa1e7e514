import { ClassicLevel } from 'classic-level'
import { describe, expect, it } from 'vitest'
import { makeDirectory, openLog } from '../../test/level-kit.ts'
import type { LogRecord } from '../wire/record.ts'
import {
  assertProducerLost,
  assertRecords,
  create,
  openKnown,
  readFrom,
  update,
} from './contract/kit.ts'
import { blockWrites, type StreamEntry, streamWrite, type Write } from './level-keys.ts'
import { producerLost } from './producer-lost.ts'

const ENTRY: StreamEntry = { number: 1, principal: 'user-1', firstSeq: 1, droppedBytes: 0 }

const updates = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, n) => update(first + n))

const block = (first: number, last: number): Write[] => blockWrites(1, updates(first, last))

/** Opens a log on what a process has left that was not ended in an orderly way. */
async function openOn(...writes: Write[]) {
  const directory = await makeDirectory()
  const db = new ClassicLevel(directory)
  for (const [key, value] of writes) await db.put(key, value!)
  await db.close()
  return { directory, log: await openLog(directory) }
}

/** The keys of records that are left, read with the log closed. */
async function recordKeysIn(directory: string): Promise<string[]> {
  const db = new ClassicLevel(directory)
  const keys = await db.keys({ gte: 'r', lt: 's' }).all()
  await db.close()
  return keys.map((key) => key.slice(-2))
}

describe('opening a level log ends a stream that nobody produces', () => {
  it('behind its last record', async () => {
    const { log } = await openOn(streamWrite('a', ENTRY), ...block(1, 3), ...block(4, 9))
    const reader = await openKnown(log, 'a')
    await assertProducerLost(reader, updates(1, 9), 9)
    expect(reader.principal).toBe('user-1')
    const bytes = [...updates(1, 9), producerLost(10)].reduce(
      (sum, { json }) => sum + json.length,
      0,
    )
    expect(reader.bytes).toBe(bytes)
  })

  it('before a hole, and deletes what is behind', async () => {
    const { log, directory } = await openOn(
      streamWrite('a', ENTRY),
      ...block(1, 3),
      ...block(5, 6),
      ...block(7, 400),
    )
    await assertProducerLost(await openKnown(log, 'a'), updates(1, 3), 3)
    await log.close()
    expect(await recordKeysIn(directory)).toEqual(['03', '04'])
  })

  it('at its start, where that is missing', async () => {
    const { log, directory } = await openOn(streamWrite('a', ENTRY), ...block(2, 3))
    const reader = await openKnown(log, 'a')
    expect(reader).toMatchObject({ firstSeq: 1, lastSeq: 1, ended: true })
    await assertProducerLost(reader, [], 0)
    await log.close()
    expect(await recordKeysIn(directory)).toEqual(['01'])
  })

  it('of which records were written twice, in other groups', async () => {
    const { log } = await openOn(
      streamWrite('a', ENTRY),
      ...block(1, 3),
      ...block(1, 5),
      ...block(4, 9),
    )
    await assertProducerLost(await openKnown(log, 'a'), updates(1, 9), 9)
  })

  it('that had dropped its oldest, and leaves what it had still to delete', async () => {
    const entry = { ...ENTRY, firstSeq: 4, droppedBytes: 999 }
    const { log } = await openOn(
      streamWrite('a', entry),
      ...block(1, 2),
      ...block(3, 5),
      ...block(6, 7),
    )
    const reader = await openKnown(log, 'a')
    expect(reader).toMatchObject({ firstSeq: 4, lastSeq: 8 })
    const bytes = [...updates(4, 7), producerLost(8)].reduce(
      (sum, { json }) => sum + json.length,
      0,
    )
    expect(reader.bytes).toBe(999 + bytes)
    assertRecords(await readFrom(reader, 1), [...updates(4, 7), producerLost(8)])
  })

  it('with the end that it has, where only its entry does not say so', async () => {
    const end: LogRecord = { seq: 4, event: 'done', json: '{"reason":"complete"}' }
    const { log } = await openOn(
      streamWrite('a', ENTRY),
      ...blockWrites(1, [...updates(1, 3), end]),
      ...blockWrites(1, [update(5)]),
    )
    assertRecords(await readFrom(await openKnown(log, 'a'), 1), [...updates(1, 3), end])
  })

  it('of any length', async () => {
    const records = Array.from({ length: 20_000 }, (_, n) =>
      update(n + 1, { delta: 'token '.repeat(20) }),
    )
    const { log } = await openOn(streamWrite('a', ENTRY), ...blockWrites(1, records))
    await assertProducerLost(await openKnown(log, 'a'), records, 20_000)
  })

  it('as all others that run, hundreds at once', async () => {
    const writes = Array.from({ length: 300 }, (_, n) => {
      const entry = { ...ENTRY, number: n + 1, principal: `user-${n}` }
      return [streamWrite(`s${n}`, entry), ...blockWrites(n + 1, updates(1, n))]
    })
    const { log } = await openOn(...writes.flat())
    for (let n = 0; n < 300; n += 7) {
      const reader = await openKnown(log, `s${n}`)
      expect(reader.principal).toBe(`user-${n}`)
      await assertProducerLost(reader, updates(1, n), n)
    }
    // New streams get numbers of their own.
    const writer = await create(log, 'new')
    writer.append(update(1))
    await writer.flushed()
    await assertProducerLost(await openKnown(log, 's299'), updates(1, 299), 299)
  })
})
