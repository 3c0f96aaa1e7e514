import { ClassicLevel } from 'classic-level'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { listenToWarnings } from '../../test/process-events.ts'
import type { LogRecord } from '../wire/record.ts'
import {
  appendEnd,
  appendSmall,
  assertProducerLost,
  assertRecords,
  create,
  done,
  openKnown,
  produce,
  readFrom,
  update,
} from './contract/kit.ts'
import { LevelStore } from './level-store.ts'
import {
  breakDisk,
  DISK_FULL,
  ended,
  HOUR,
  type LevelBench,
  left,
  openBench,
} from './level-test-kit.ts'

let bench: LevelBench

beforeEach(async () => {
  bench = await openBench()
})

describe('what a level log keeps on its disk', () => {
  it('is a key for each stream, and one for records that were stored together', async () => {
    const log = await bench.openLog()
    for (const id of ['a', 'b']) {
      const writer = await create(log, id)
      appendSmall(writer, 100)
      await writer.flushed()
      appendSmall(writer, 100)
      appendEnd(writer)
      await writer.flushed()
    }
    await log.close()
    expect(await bench.keysOnDisk()).toEqual([
      'r000000000001000000000064',
      'r0000000000010000000000c9',
      'r000000000002000000000064',
      'r0000000000020000000000c9',
      'sa',
      'sb',
    ])
  })

  it('drops what a stream has dropped', async () => {
    const log = await bench.openLog()
    const writer = await create(log, 'a', { maxBytes: 2000 })
    for (let seq = 1; seq <= 200; seq++) {
      writer.append(update(seq, 'x'.repeat(98)))
      writer.passed(seq)
      await writer.flushed()
    }
    appendEnd(writer)
    await log.close()
    const keys = await bench.keysOnDisk()
    expect(keys.length).toBeLessThan(25)
    expect(keys).toContain('r0000000000010000000000c9')
  })

  it('is read from where it begins, also while more is behind the oldest', async () => {
    const log = await bench.openLog()
    const writer = await create(log, 'a', { maxBytes: 1000 })
    appendSmall(writer, 500)
    writer.passed(500)
    await writer.flushed()
    appendSmall(writer, 1)
    await writer.flushed()
    expect(writer.firstSeq).toBeGreaterThan(300)
    expect((await writer.load(1))[0]!.seq).toBe(writer.firstSeq)
  })

  it('is read some 256 KiB at a time', async () => {
    const log = await bench.openLog()
    const writer = await create(log, 'a')
    for (let seq = 1; seq <= 3000; seq++) writer.append(update(seq, 'x'.repeat(998)))
    writer.append(update(3001, 'x'.repeat(2_000_000)))
    appendEnd(writer)
    await writer.flushed()
    const reader = await openKnown(log, 'a')
    const pages: number[] = []
    for (let seq = 1; seq <= 3002; ) {
      const records = await reader.load(seq)
      pages.push(records.reduce((sum, { json }) => sum + json.length, 0))
      seq = records.at(-1)!.seq + 1
    }
    expect(pages.reduce((a, b) => a + b)).toBe(reader.bytes)
    const large = pages.filter((bytes) => bytes > 400_000)
    expect(large.length).toBeLessThanOrEqual(1)
    expect(pages.length).toBeLessThan(20)
  })

  it('does not mix a stream with what an earlier process has left', async () => {
    for (let life = 0; life < 4; life++) {
      const log = await bench.openLog()
      const writer = await create(log, `life-${life}`)
      const records = appendSmall(writer, 10 + life)
      await writer.flushed()
      await log.kill()
      const again = await bench.openLog()
      for (let before = 0; before <= life; before++) {
        const reader = await openKnown(again, `life-${before}`)
        await assertProducerLost(reader, records.slice(0, 10 + before), 10 + before)
      }
      await again.close()
    }
  })

  it('loses records of no stream, and entries that are none', async () => {
    const log = await bench.openLog()
    const writer = await create(log, 'a')
    const records = [...appendSmall(writer, 3), appendEnd(writer)]
    await log.close()
    const db = new ClassicLevel(bench.directory)
    await db.batch([
      { type: 'put', key: 'r000000000000000000000009', value: 'u1' },
      { type: 'put', key: 'r000000000007000000000001', value: 'u1' },
      { type: 'put', key: 'sgarbled', value: '{"number":' },
      { type: 'put', key: 'sempty', value: '' },
      { type: 'put', key: 'snull', value: 'null' },
    ])
    await db.close()
    const again = await bench.openLog()
    assertRecords(await readFrom(await openKnown(again, 'a'), 1), records)
    for (const id of ['garbled', 'empty', 'null']) expect(await again.open(id)).toBeUndefined()
    const second = await create(again, 'garbled')
    const others = [...appendSmall(second, 2), appendEnd(second)]
    await again.close()
    const last = await bench.openLog()
    assertRecords(await readFrom(await openKnown(last, 'garbled'), 1), others)
    await last.close()
    const keys = await bench.keysOnDisk()
    expect(keys.filter((key) => key.startsWith('r'))).toHaveLength(2)
  })
})

describe('a level log whose disk is away', () => {
  it('stores what was appended meanwhile once it is back, having warned once', async () => {
    const warnings = listenToWarnings()
    const log = await bench.openLog()
    const writers = await Promise.all([...'abc'].map((id) => produce(log, id)))
    const mend = breakDisk()
    const records = writers.map(({ writer }) => appendSmall(writer, 5))
    const start = bench.clock.now()
    await bench.until('some attempts have failed', () => bench.clock.now() > start + 3000)
    for (const [n, { writer }] of writers.entries()) {
      records[n]!.push(...appendSmall(writer, 5), appendEnd(writer))
      assertRecords(await readFrom(writer, 1), records[n]!)
    }
    mend()
    let isStored = false
    void Promise.all(writers.map(({ writer }) => writer.flushed())).then(() => {
      isStored = true
    })
    await bench.until('all is stored', () => isStored)
    expect(writers.map(({ told }) => told.lost)).toEqual([0, 0, 0])
    await log.close()
    const again = await bench.openLog()
    for (const [n, id] of [...'abc'].entries()) {
      assertRecords(await readFrom(await openKnown(again, id), 1), records[n]!)
    }
    expect(await warnings()).toEqual(['SYNAPSE_LOG'])
  })

  it('refuses new streams, claims and what must be read, with 503', async () => {
    const log = await bench.openLog()
    await ended(log, 'a')
    const mend = breakDisk()
    const away = expect.objectContaining({
      code: 'ERR_SYNAPSE_LOG_AWAY',
      status: 503,
      cause: DISK_FULL,
    })
    await expect(log.create('b', { principal: undefined })).rejects.toEqual(away)
    await expect(log.claim('key', 'a', HOUR)).rejects.toEqual(away)
    mend()
    // The id was not taken, nor the claim.
    await create(log, 'b')
    expect(await log.claim('key', 'b', HOUR)).toBe('b')
    expect(await left(log, 'ab')).toBe('ab')
  })

  it('gives up a stream in the end, and ends it where it was when it is back', async () => {
    const log = await bench.openLog({ outageFor: 5000 })
    const { writer, told } = await produce(log, 'a', { principal: 'user-1' })
    const records = appendSmall(writer, 5)
    await writer.flushed()
    const mend = breakDisk()
    records.push(...appendSmall(writer, 5))
    await bench.until('given up', () => told.lost === 1)
    await writer.flushed()
    await expect(log.open('a')).rejects.toMatchObject({ code: 'ERR_SYNAPSE_LOG_AWAY' })
    await expect(create(log, 'a')).rejects.toMatchObject({ code: 'ERR_SYNAPSE_STREAM_EXISTS' })
    mend()
    const [reader, same] = await Promise.all([openKnown(log, 'a'), openKnown(log, 'a')])
    expect(reader.principal).toBe('user-1')
    await assertProducerLost(reader, records, 5)
    await assertProducerLost(same, records, 5)
    expect(reader.lastSeq).toBe(6)
    await bench.clock.advance(HOUR)
    expect(await left(log, 'a')).toBe('')
  })

  it('ends what it gave up also where nobody asks for it', async () => {
    const write = vi.spyOn(LevelStore.prototype, 'write')
    onTestFinished(() => write.mockRestore())
    const log = await bench.openLog({ outageFor: 5000 })
    const { writer, told } = await produce(log, 'a')
    const records = appendSmall(writer, 5)
    await writer.flushed()
    const mend = breakDisk()
    appendSmall(writer, 5)
    await bench.until('given up', () => told.lost === 1)
    mend()
    write.mockClear()
    const hasEnded = () => write.mock.calls.some(([writes]) => writes.some(([key]) => key === 'sa'))
    await bench.until('ended in the store', hasEnded, 5000)
    await Promise.all(write.mock.results.map(({ value }) => value))
    await log.kill()
    const stored = new ClassicLevel(bench.directory)
    expect(JSON.parse((await stored.get('sa'))!)).toMatchObject({ end: { lastSeq: 6 } })
    await stored.close()
    await assertProducerLost(await openKnown(await bench.openLog(), 'a'), records, 5)
  })

  it('is closed in bounded time all the same', async () => {
    const log = await bench.openLog({ outageFor: HOUR })
    const { writer, told } = await produce(log, 'a')
    await writer.flushed()
    breakDisk()
    appendSmall(writer, 3)
    await bench.clock.advance(100)
    let isClosed = false
    const closed = log.close().then(() => {
      isClosed = true
    })
    await bench.clock.advance(4000)
    expect(isClosed).toBe(false)
    await bench.clock.advance(1000)
    await closed
    expect(told.lost).toBe(1)
    expect(bench.clock.pending).toBe(0)
  })
})

describe('the close of a level log', () => {
  it('may come twice, and leaves no timer; after it everything is refused', async () => {
    const log = await bench.openLog()
    const { writer } = await produce(log, 'a')
    appendSmall(writer, 3)
    await Promise.all([log.close(), log.close()])
    await log.close()
    expect(bench.clock.pending).toBe(0)
    const away = { code: 'ERR_SYNAPSE_LOG_AWAY' }
    await expect(log.create('b', { principal: undefined })).rejects.toMatchObject(away)
    await expect(log.claim('key', 'a', HOUR)).rejects.toMatchObject(away)
    // A stream that still runs goes on for those who read it.
    writer.append(update(4))
    writer.append(done(5))
    await writer.flushed()
    assertRecords([writer.at(5)], [done(5)])
  })

  it('lets another process have the bench.directory at once', async () => {
    for (let n = 0; n < 5; n++) {
      const log = await bench.openLog()
      await ended(log, `${n}`)
      await log.close()
    }
    const log = await bench.openLog()
    expect(await left(log, '01234')).toBe('01234')
  })
})

/** A record that a block of its own would not hold. */
const large = (seq: number): LogRecord => update(seq, 'x'.repeat(200_000))

it('a level log gives the newest record to who reads it while it is stored', async () => {
  const log = await bench.openLog()
  const writer = await create(log, 'a')
  const records: LogRecord[] = []
  for (let seq = 1; seq <= 30; seq++) {
    records.push(large(seq))
    writer.append(records.at(-1)!)
    if (seq % 7 === 0) await writer.flushed()
    assertRecords(
      await readFrom(await openKnown(log, 'a'), Math.max(1, seq - 5)),
      records.slice(Math.max(0, seq - 6)),
    )
  }
})
