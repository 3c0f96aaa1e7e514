import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { listenToStrays } from '../../test/process-events.ts'
import type { Clock } from '../time/clock.ts'
import {
  appendEnd,
  appendSmall,
  assertProducerLost,
  create,
  openKnown,
  update,
} from './contract/kit.ts'
import { recordKeysOf } from './level-keys.ts'
import { LevelStore } from './level-store.ts'
import { breakDisk, ended, HOUR, type LevelBench, left, openBench } from './level-test-kit.ts'

let bench: LevelBench

beforeEach(async () => {
  bench = await openBench()
})

describe('the expiry of a level log', () => {
  it('is an hour after the end where nothing is said, to the millisecond', async () => {
    const log = await bench.openLog()
    await ended(log, 'a')
    await bench.clock.advance(HOUR - 1)
    expect(await left(log, 'a')).toBe('a')
    await bench.clock.advance(1)
    expect(await left(log, 'a')).toBe('')
  })

  it('goes on over a restart, and comes to what expired meanwhile', async () => {
    const log = await bench.openLog({ keepFor: 1000 })
    await ended(log, 'a')
    await bench.clock.advance(400)
    await ended(log, 'b')
    await log.close()
    await bench.clock.advance(700)
    const again = await bench.openLog({ keepFor: 1000 })
    expect(await left(again, 'ab')).toBe('b')
    await bench.clock.advance(300)
    expect(await left(again, 'ab')).toBe('')
  })

  it('deletes from the disk, though nobody asks', async () => {
    const log = await bench.openLog({ keepFor: 1000 })
    for (const id of 'abcdef') await ended(log, id, 5000)
    await create(log, 'running')
    await bench.clock.advance(5000)
    await log.close()
    expect(await bench.keysOnDisk()).toEqual(['srunning'])
  })

  it('lets an id be used again at once, and keeps the new stream', async () => {
    const log = await bench.openLog({ keepFor: 1000 })
    await ended(log, 'a', 5000)
    // Not swept yet: a sweep comes at most once in a second.
    await bench.clock.advance(1000)
    const writer = await create(log, 'a', { principal: 'second' })
    const records = appendSmall(writer, 2)
    await writer.flushed()
    await log.close()
    const again = await bench.openLog()
    const reader = await openKnown(again, 'a')
    expect(reader.principal).toBe('second')
    await assertProducerLost(reader, records, 2)
  })

  it('has one timer, which keeps no process alive and is no longer than timers can be', async () => {
    const asked: { milliseconds: number; options: unknown }[] = []
    const watched: Clock = {
      now: bench.clock.now,
      after(milliseconds, run, options) {
        asked.push({ milliseconds, options })
        return bench.clock.after(milliseconds, run)
      },
    }
    const log = await bench.openLog({ clock: watched, keepFor: 10 ** 12 })
    for (const id of 'abc') await ended(log, id)
    expect(bench.clock.pending).toBe(1)
    for (const { milliseconds, options } of asked) {
      expect(milliseconds).toBeLessThan(2 ** 31)
      expect(options).toEqual({ keepAlive: false })
    }
    await log.close()
    expect(bench.clock.pending).toBe(0)
  })

  it('does not keep a stream for ever whose end a wrong clock put in the future', async () => {
    let offset = 1000 * HOUR
    const wrong = () => bench.wallClock() + offset
    const log = await bench.openLog({ wallClock: wrong })
    await ended(log, 'a')
    await log.close()
    offset = 0
    const again = await bench.openLog({ wallClock: wrong })
    expect(await left(again, 'a')).toBe('a')
    await bench.clock.advance(HOUR)
    expect(await left(again, 'a')).toBe('')
  })

  it('takes it that it cannot delete what has expired, whenever that turns out', async () => {
    const strays = listenToStrays()
    const log = await bench.openLog({ keepFor: 1000 })
    await ended(log, 'a')
    await bench.clock.advance(500)
    await ended(log, 'b')
    let goOn = () => {}
    const clear = vi.spyOn(LevelStore.prototype, 'clear').mockImplementation(() => {
      return new Promise((resolve) => {
        goOn = resolve
      })
    })
    onTestFinished(() => clear.mockRestore())
    await bench.clock.advance(500)
    await bench.until('the records of one are being deleted', () => clear.mock.calls.length > 0, 0)
    breakDisk()
    await bench.clock.advance(500)
    expect(await left(log, 'ab')).toBe('')
    expect(await strays()).toEqual([])
    goOn()
  })
})

describe('the bound of all bytes of a level log', () => {
  // Each stream counts some 500 bytes more than its records.
  const maxTotalBytes = 50_000

  it('lets the streams go that ended first, as many as it takes', async () => {
    const log = await bench.openLog({ maxTotalBytes })
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
    const log = await bench.openLog({ maxTotalBytes })
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
    const log = await bench.openLog()
    for (const id of 'abc') await ended(log, id, 20_000)
    const small = await create(log, 'd', { maxBytes: 2000 })
    for (let seq = 1; seq <= 100; seq++) {
      small.append(update(seq, 'x'.repeat(998)))
      small.passed(seq)
      await small.flushed()
    }
    appendEnd(small)
    await log.close()
    const again = await bench.openLog({ maxTotalBytes })
    expect(await left(again, 'abcd')).toBe('bcd')
  })

  it('bounds the files too, over many times that many bytes', async () => {
    const bound = 8_000_000
    const log = await bench.openLog({ maxTotalBytes: bound })
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
    const isWithin = async () => (await bytesIn(bench.directory)) < bound + 16_000_000
    await bench.until('the files are small', isWithin)
  })

  it('has LevelDB give back the room of what was deleted, one run after the other', async () => {
    let goOn = () => {}
    const compact = vi.spyOn(LevelStore.prototype, 'compact').mockImplementation(() => {
      return new Promise((resolve) => {
        goOn = resolve
      })
    })
    const clear = vi.spyOn(LevelStore.prototype, 'clear')
    onTestFinished(() => void vi.restoreAllMocks())
    const log = await bench.openLog({ maxTotalBytes: 800_000 })
    const cleared = () =>
      clear.mock.settledResults.filter(({ type }) => type === 'fulfilled').length
    const before = cleared()
    // Four fit; from then on one is deleted for each that ends.
    const deleted = (count: number) => () => cleared() === before + count
    for (let n = 0; n < 5; n++) await ended(log, `s${n}`, 190_000)
    await bench.until('the first run', () => compact.mock.calls.length === 1, 0)
    expect(deleted(1)()).toBe(true)
    expect(compact.mock.calls).toEqual([[recordKeysOf(0, 1)]])
    for (let n = 5; n < 15; n++) await ended(log, `s${n}`, 190_000)
    await bench.until('all others are deleted', deleted(11), 0)
    await setImmediate()
    expect(compact).toHaveBeenCalledTimes(1)
    goOn()
    await bench.until('the next run', () => compact.mock.calls.length === 2, 0)
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
