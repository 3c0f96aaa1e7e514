import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClassicLevel } from 'classic-level'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { listenToStrays, listenToWarnings } from '../../test/process-events.ts'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import type { Clock } from '../time/clock.ts'
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
import { type LevelLogOptions, openLevelLog } from './level.ts'
import { recordKeysOf } from './level-keys.ts'
import type { LevelLog } from './level-log.ts'
import { LevelStore } from './level-store.ts'
import type { LogWriter, StreamLog } from './log.ts'

const HOUR = 3_600_000

let directory: string
let clock: FakeClock

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'synapse-level-'))
  clock = createFakeClock()
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
})

const wallClock = () => 1e12 + clock.now()

async function openLog(options: Partial<LevelLogOptions> = {}): Promise<LevelLog> {
  const log = await openLevelLog({ directory, clock, wallClock, ...options })
  onTestFinished(() => log.close())
  return log
}

/** The keys that the store holds, once the log is closed. */
async function keysOnDisk(): Promise<string[]> {
  const db = new ClassicLevel(directory)
  const keys = await db.keys().all()
  await db.close()
  return keys
}

/** Moves time on in small steps, with real time for the disk between them. */
async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  step = 50,
): Promise<void> {
  for (let steps = 0; steps < 3000; steps++) {
    if (await condition()) return
    await clock.advance(step)
    await sleep(1)
  }
  throw new Error(`waited in vain: ${what}`)
}

/** A stream of about so many bytes that has ended. */
async function ended(log: StreamLog, streamId: string, bytes = 100): Promise<LogWriter> {
  const writer = await create(log, streamId)
  for (let left = bytes; left > 0; left -= 1000) {
    writer.append(update(writer.lastSeq + 1, 'x'.repeat(Math.min(left, 1000))))
    writer.passed(writer.lastSeq)
  }
  appendEnd(writer)
  await writer.flushed()
  return writer
}

async function left(log: StreamLog, ids: string): Promise<string> {
  const found = await Promise.all([...ids].map((id) => log.open(id)))
  return [...ids].filter((_, n) => found[n] !== undefined).join('')
}

describe('the expiry of a level log', () => {
  it('is an hour after the end where nothing is said, to the millisecond', async () => {
    const log = await openLog()
    await ended(log, 'a')
    await clock.advance(HOUR - 1)
    expect(await left(log, 'a')).toBe('a')
    await clock.advance(1)
    expect(await left(log, 'a')).toBe('')
  })

  it('goes on over a restart, and comes to what expired meanwhile', async () => {
    const log = await openLog({ keepFor: 1000 })
    await ended(log, 'a')
    await clock.advance(400)
    await ended(log, 'b')
    await log.close()
    await clock.advance(700)
    const again = await openLog({ keepFor: 1000 })
    expect(await left(again, 'ab')).toBe('b')
    await clock.advance(300)
    expect(await left(again, 'ab')).toBe('')
  })

  it('deletes from the disk, though nobody asks', async () => {
    const log = await openLog({ keepFor: 1000 })
    for (const id of 'abcdef') await ended(log, id, 5000)
    await create(log, 'running')
    await clock.advance(5000)
    await log.close()
    expect(await keysOnDisk()).toEqual(['srunning'])
  })

  it('lets an id be used again at once, and keeps the new stream', async () => {
    const log = await openLog({ keepFor: 1000 })
    await ended(log, 'a', 5000)
    // Not swept yet: a sweep comes at most once in a second.
    await clock.advance(1000)
    const writer = await create(log, 'a', { principal: 'second' })
    const records = appendSmall(writer, 2)
    await writer.flushed()
    await log.close()
    const again = await openLog()
    const reader = await openKnown(again, 'a')
    expect(reader.principal).toBe('second')
    await assertProducerLost(reader, records, 2)
  })

  it('has one timer, which keeps no process alive and is no longer than timers can be', async () => {
    const asked: { milliseconds: number; options: unknown }[] = []
    const watched: Clock = {
      now: clock.now,
      after(milliseconds, run, options) {
        asked.push({ milliseconds, options })
        return clock.after(milliseconds, run)
      },
    }
    const log = await openLog({ clock: watched, keepFor: 10 ** 12 })
    for (const id of 'abc') await ended(log, id)
    expect(clock.pending).toBe(1)
    for (const { milliseconds, options } of asked) {
      expect(milliseconds).toBeLessThan(2 ** 31)
      expect(options).toEqual({ keepAlive: false })
    }
    await log.close()
    expect(clock.pending).toBe(0)
  })

  it('does not keep a stream for ever whose end a wrong clock put in the future', async () => {
    let offset = 1000 * HOUR
    const wrong = () => wallClock() + offset
    const log = await openLog({ wallClock: wrong })
    await ended(log, 'a')
    await log.close()
    offset = 0
    const again = await openLog({ wallClock: wrong })
    expect(await left(again, 'a')).toBe('a')
    await clock.advance(HOUR)
    expect(await left(again, 'a')).toBe('')
  })
})

describe('the bound of all bytes of a level log', () => {
  // Each stream counts some 500 bytes more than its records.
  const maxTotalBytes = 50_000

  it('lets the streams go that ended first, as many as it takes', async () => {
    const log = await openLog({ maxTotalBytes })
    const writers = await Promise.all([...'abcd'].map((id) => create(log, id)))
    for (const n of [1, 0, 3]) {
      for (let seq = 1; seq <= 15; seq++) writers[n]!.append(update(seq, 'x'.repeat(998)))
      appendEnd(writers[n]!)
      await writers[n]!.flushed()
    }
    expect(await left(log, 'abcd')).toBe('abcd')
    for (let seq = 1; seq <= 25; seq++) writers[2]!.append(update(seq, 'x'.repeat(998)))
    appendEnd(writers[2]!)
    await writers[2]!.flushed()
    expect(await left(log, 'abcd')).toBe('cd')
  })

  it('counts streams that run, and never takes them', async () => {
    const log = await openLog({ maxTotalBytes })
    await ended(log, 'a', 20_000)
    const running = await create(log, 'r')
    for (let seq = 1; seq <= 40; seq++) running.append(update(seq, 'x'.repeat(998)))
    await running.flushed()
    expect(await left(log, 'ar')).toBe('r')
    await ended(log, 'b', 20_000)
    expect(await left(log, 'br')).toBe('br')
    await ended(log, 'c', 20_000)
    expect(await left(log, 'bcr')).toBe('cr')
  })

  it('counts what there was before it was opened, and only what is kept', async () => {
    const log = await openLog()
    for (const id of 'abc') await ended(log, id, 20_000)
    const small = await create(log, 'd', { maxBytes: 2000 })
    for (let seq = 1; seq <= 100; seq++) {
      small.append(update(seq, 'x'.repeat(998)))
      small.passed(seq)
      await small.flushed()
    }
    appendEnd(small)
    await log.close()
    const again = await openLog({ maxTotalBytes })
    expect(await left(again, 'abcd')).toBe('bcd')
  })

  it('bounds the files too, over many times that many bytes', async () => {
    const bound = 8_000_000
    const log = await openLog({ maxTotalBytes: bound })
    // Text that Snappy cannot shorten.
    const noise = randomBytes(300_000).toString('base64')
    for (let n = 0; n < 60; n++) {
      const writer = await create(log, `s${n}`)
      for (let seq = 1; seq <= 10; seq++) {
        writer.append(update(seq, noise.slice(n * 500 + seq, n * 500 + seq + 100_000)))
      }
      appendEnd(writer)
      await writer.flushed()
    }
    // Beside the bound: what waits to be deleted, and LevelDB's two buffers.
    const isWithin = async () => (await bytesIn(directory)) < bound + 16_000_000
    await until('the files are small', isWithin)
  })

  it('has LevelDB give back the room of what was deleted, one run after the other', async () => {
    let goOn = () => {}
    const compact = vi.spyOn(LevelStore.prototype, 'compact').mockImplementation(() => {
      return new Promise((resolve) => {
        goOn = resolve
      })
    })
    const clear = vi.spyOn(LevelStore.prototype, 'clear')
    onTestFinished(() => vi.restoreAllMocks())
    const log = await openLog({ maxTotalBytes: 800_000 })
    const before = clear.mock.calls.length
    // Four fit; from then on one is deleted for each that ends.
    const deleted = (count: number) => () => clear.mock.calls.length === before + count
    for (let n = 0; n < 5; n++) await ended(log, `s${n}`, 190_000)
    await until('one is deleted', deleted(1), 0)
    expect(compact.mock.calls).toEqual([[recordKeysOf(0, 1)]])
    for (let n = 5; n < 15; n++) await ended(log, `s${n}`, 190_000)
    await until('all others are deleted', deleted(11), 0)
    expect(compact).toHaveBeenCalledTimes(1)
    goOn()
    await until('the next run', () => compact.mock.calls.length === 2, 0)
    expect(compact.mock.calls[1]).toEqual([recordKeysOf(0, 11)])
    goOn()
  })
})

async function bytesIn(folder: string): Promise<number> {
  let sum = 0
  for (const file of await readdir(folder)) {
    // One may be deleted while we look.
    sum += await stat(join(folder, file)).then(
      ({ size }) => size,
      () => 0,
    )
  }
  return sum
}

describe('what a level log keeps on its disk', () => {
  it('is a key for each stream, and one for records that were stored together', async () => {
    const log = await openLog()
    for (const id of ['a', 'b']) {
      const writer = await create(log, id)
      appendSmall(writer, 100)
      await writer.flushed()
      appendSmall(writer, 100)
      appendEnd(writer)
      await writer.flushed()
    }
    await log.close()
    expect(await keysOnDisk()).toEqual([
      'r000000000001000000000064',
      'r0000000000010000000000c9',
      'r000000000002000000000064',
      'r0000000000020000000000c9',
      'sa',
      'sb',
    ])
  })

  it('is what all streams have appended in a turn, in one batch', async () => {
    const log = await openLog()
    const writers = await Promise.all(Array.from({ length: 200 }, (_, n) => create(log, `s${n}`)))
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch')
    onTestFinished(() => batch.mockRestore())
    for (let turn = 0; turn < 3; turn++) for (const writer of writers) appendSmall(writer, 1)
    await Promise.all(writers.map((writer) => writer.flushed()))
    expect(batch).toHaveBeenCalledTimes(1)
  })

  it('drops what a stream has dropped', async () => {
    const log = await openLog()
    const writer = await create(log, 'a', { maxBytes: 2000 })
    for (let seq = 1; seq <= 200; seq++) {
      writer.append(update(seq, 'x'.repeat(98)))
      writer.passed(seq)
      await writer.flushed()
    }
    appendEnd(writer)
    await log.close()
    const keys = await keysOnDisk()
    expect(keys.length).toBeLessThan(25)
    expect(keys).toContain('r0000000000010000000000c9')
  })

  it('is read from where it begins, also while more is behind the oldest', async () => {
    const log = await openLog()
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
    const log = await openLog()
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
      const log = await openLog()
      const writer = await create(log, `life-${life}`)
      const records = appendSmall(writer, 10 + life)
      await writer.flushed()
      await log.kill()
      const again = await openLog()
      for (let before = 0; before <= life; before++) {
        const reader = await openKnown(again, `life-${before}`)
        await assertProducerLost(reader, records.slice(0, 10 + before), 10 + before)
      }
      await again.close()
    }
  })

  it('loses records of no stream, and entries that are none', async () => {
    const log = await openLog()
    const writer = await create(log, 'a')
    const records = [...appendSmall(writer, 3), appendEnd(writer)]
    await log.close()
    const db = new ClassicLevel(directory)
    await db.batch([
      { type: 'put', key: 'r000000000000000000000009', value: 'u1' },
      { type: 'put', key: 'r000000000007000000000001', value: 'u1' },
      { type: 'put', key: 'sgarbled', value: '{"number":' },
      { type: 'put', key: 'sempty', value: '' },
      { type: 'put', key: 'snull', value: 'null' },
    ])
    await db.close()
    const again = await openLog()
    assertRecords(await readFrom(await openKnown(again, 'a'), 1), records)
    for (const id of ['garbled', 'empty', 'null']) expect(await again.open(id)).toBeUndefined()
    const second = await create(again, 'garbled')
    const others = [...appendSmall(second, 2), appendEnd(second)]
    await again.close()
    const last = await openLog()
    assertRecords(await readFrom(await openKnown(last, 'garbled'), 1), others)
    await last.close()
    const keys = await keysOnDisk()
    expect(keys.filter((key) => key.startsWith('r'))).toHaveLength(2)
  })

  it('is a claim until it is free, and nothing of it after', async () => {
    const log = await openLog()
    expect(await log.claim('short', 'a', 1000)).toBe('a')
    expect(await log.claim('long', 'a', 5 * HOUR)).toBe('a')
    await clock.advance(2000)
    expect(await log.claim('short', 'b', HOUR / 2)).toBe('b')
    await clock.advance(HOUR)
    expect(await log.claim('long', 'b', HOUR)).toBe('a')
    await log.close()
    expect((await keysOnDisk()).filter((key) => key.startsWith('c'))).toEqual(['clong'])
    expect((await keysOnDisk()).filter((key) => key.startsWith('x'))).toHaveLength(1)
  })

  it('keeps a claim that is made again while the old one is deleted', async () => {
    const log = await openLog({ keepFor: 1000 })
    for (let round = 0; round < 20; round++) {
      await ended(log, `s${round}`)
      for (const name of 'abcdefgh') await log.claim(name, `${round}`, 500)
      await clock.advance(999)
      // At once with the sweep, which comes with the expiry of the stream.
      const advanced = clock.advance(1)
      await Promise.all([...'abcdefgh'].map((name) => log.claim(name, 'new', HOUR)))
      await advanced
      for (const name of 'abcdefgh') expect(await log.claim(name, 'late', HOUR)).not.toBe('late')
      await clock.advance(2 * HOUR)
    }
  })
})

describe('a level log whose disk is away', () => {
  const FULL = Object.assign(new Error('IO error: No space left on device'), {
    code: 'LEVEL_IO_ERROR',
  })

  /** From now on no write succeeds, until the returned function is called. */
  function breakDisk(): () => void {
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch').mockImplementation(() => {
      throw FULL
    })
    onTestFinished(() => batch.mockRestore())
    return () => batch.mockRestore()
  }

  it('stores what was appended meanwhile once it is back, having warned once', async () => {
    const warnings = listenToWarnings()
    const log = await openLog()
    const writers = await Promise.all([...'abc'].map((id) => produce(log, id)))
    const mend = breakDisk()
    const records = writers.map(({ writer }) => appendSmall(writer, 5))
    const start = clock.now()
    await until('some attempts have failed', () => clock.now() > start + 3000)
    for (const [n, { writer }] of writers.entries()) {
      records[n]!.push(...appendSmall(writer, 5), appendEnd(writer))
      assertRecords(await readFrom(writer, 1), records[n]!)
    }
    mend()
    let isStored = false
    void Promise.all(writers.map(({ writer }) => writer.flushed())).then(() => {
      isStored = true
    })
    await until('all is stored', () => isStored)
    expect(writers.map(({ told }) => told.lost)).toEqual([0, 0, 0])
    await log.close()
    const again = await openLog()
    for (const [n, id] of [...'abc'].entries()) {
      assertRecords(await readFrom(await openKnown(again, id), 1), records[n]!)
    }
    expect(await warnings()).toEqual(['SYNAPSE_LOG'])
  })

  it('refuses new streams, claims and what must be read, with 503', async () => {
    const log = await openLog()
    await ended(log, 'a')
    const mend = breakDisk()
    const away = expect.objectContaining({ code: 'ERR_SYNAPSE_LOG_AWAY', status: 503, cause: FULL })
    await expect(log.create('b', { principal: undefined })).rejects.toEqual(away)
    await expect(log.claim('key', 'a', HOUR)).rejects.toEqual(away)
    mend()
    // The id was not taken, nor the claim.
    await create(log, 'b')
    expect(await log.claim('key', 'b', HOUR)).toBe('b')
    expect(await left(log, 'ab')).toBe('ab')
  })

  it('gives up a stream in the end, and ends it where it was when it is back', async () => {
    const log = await openLog({ outageFor: 5000 })
    const { writer, told } = await produce(log, 'a', { principal: 'user-1' })
    const records = appendSmall(writer, 5)
    await writer.flushed()
    const mend = breakDisk()
    records.push(...appendSmall(writer, 5))
    await until('given up', () => told.lost === 1)
    await writer.flushed()
    await expect(log.open('a')).rejects.toMatchObject({ code: 'ERR_SYNAPSE_LOG_AWAY' })
    await expect(create(log, 'a')).rejects.toMatchObject({ code: 'ERR_SYNAPSE_STREAM_EXISTS' })
    mend()
    const [reader, same] = await Promise.all([openKnown(log, 'a'), openKnown(log, 'a')])
    expect(reader.principal).toBe('user-1')
    await assertProducerLost(reader, records, 5)
    await assertProducerLost(same, records, 5)
    expect(reader.lastSeq).toBe(6)
    await clock.advance(HOUR)
    expect(await left(log, 'a')).toBe('')
  })

  it('ends what it gave up also where nobody asks for it', async () => {
    const write = vi.spyOn(LevelStore.prototype, 'write')
    onTestFinished(() => write.mockRestore())
    const log = await openLog({ outageFor: 5000 })
    const { writer, told } = await produce(log, 'a')
    const records = appendSmall(writer, 5)
    await writer.flushed()
    const mend = breakDisk()
    appendSmall(writer, 5)
    await until('given up', () => told.lost === 1)
    mend()
    write.mockClear()
    const hasEnded = () => write.mock.calls.some(([writes]) => writes.some(([key]) => key === 'sa'))
    await until('ended in the store', hasEnded, 5000)
    await Promise.all(write.mock.results.map(({ value }) => value))
    await log.kill()
    const stored = new ClassicLevel(directory)
    expect(JSON.parse((await stored.get('sa'))!)).toMatchObject({ end: { lastSeq: 6 } })
    await stored.close()
    await assertProducerLost(await openKnown(await openLog(), 'a'), records, 5)
  })

  it('takes it that it cannot delete what has expired, whenever that turns out', async () => {
    const strays = listenToStrays()
    const log = await openLog({ keepFor: 1000 })
    await ended(log, 'a')
    await clock.advance(500)
    await ended(log, 'b')
    let goOn = () => {}
    const clear = vi.spyOn(LevelStore.prototype, 'clear').mockImplementation(() => {
      return new Promise((resolve) => {
        goOn = resolve
      })
    })
    onTestFinished(() => clear.mockRestore())
    await clock.advance(500)
    await until('the records of one are being deleted', () => clear.mock.calls.length > 0, 0)
    breakDisk()
    await clock.advance(500)
    expect(await left(log, 'ab')).toBe('')
    expect(await strays()).toEqual([])
    goOn()
  })

  it('opens its database anew before it writes again', async () => {
    const open = vi.spyOn(ClassicLevel.prototype, 'open')
    onTestFinished(() => open.mockRestore())
    const log = await openLog()
    const writer = await create(log, 'a')
    const opened = open.mock.calls.length
    const mend = breakDisk()
    const records = appendSmall(writer, 2)
    await clock.advance(10)
    mend()
    let isStored = false
    void Promise.resolve(writer.flushed()).then(() => {
      isStored = true
    })
    await until('all is stored', () => isStored)
    expect(open.mock.calls.length).toBe(opened + 1)
    records.push(...appendSmall(writer, 2))
    await writer.flushed()
    expect(open.mock.calls.length).toBe(opened + 1)
    assertRecords(await readFrom(await openKnown(log, 'a'), 1), records)
  })

  it('is closed in bounded time all the same', async () => {
    const log = await openLog({ outageFor: HOUR })
    const { writer, told } = await produce(log, 'a')
    await writer.flushed()
    breakDisk()
    appendSmall(writer, 3)
    await clock.advance(100)
    let isClosed = false
    const closed = log.close().then(() => {
      isClosed = true
    })
    await clock.advance(4000)
    expect(isClosed).toBe(false)
    await clock.advance(1000)
    await closed
    expect(told.lost).toBe(1)
    expect(clock.pending).toBe(0)
  })
})

describe('the close of a level log', () => {
  it('may come twice, and leaves no timer; after it everything is refused', async () => {
    const log = await openLog()
    const { writer } = await produce(log, 'a')
    appendSmall(writer, 3)
    await Promise.all([log.close(), log.close()])
    await log.close()
    expect(clock.pending).toBe(0)
    const away = { code: 'ERR_SYNAPSE_LOG_AWAY' }
    await expect(log.create('b', { principal: undefined })).rejects.toMatchObject(away)
    await expect(log.claim('key', 'a', HOUR)).rejects.toMatchObject(away)
    // A stream that still runs goes on for those who read it.
    writer.append(update(4))
    writer.append(done(5))
    await writer.flushed()
    assertRecords([writer.at(5)], [done(5)])
  })

  it('lets another process have the directory at once', async () => {
    for (let n = 0; n < 5; n++) {
      const log = await openLog()
      await ended(log, `${n}`)
      await log.close()
    }
    const log = await openLog()
    expect(await left(log, '01234')).toBe('01234')
  })
})

/** A record that a block of its own would not hold. */
const large = (seq: number): LogRecord => update(seq, 'x'.repeat(200_000))

it('a level log gives the newest record to who reads it while it is stored', async () => {
  const log = await openLog()
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
