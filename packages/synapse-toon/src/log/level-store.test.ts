import { ClassicLevel } from 'classic-level'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { nextTurn } from '../time/turn.ts'
import { appendSmall, assertRecords, create, openKnown, readFrom } from './contract/kit.ts'
import { breakDisk, type LevelBench, openBench } from './level-test-kit.ts'

let bench: LevelBench

beforeEach(async () => {
  bench = await openBench()
})

describe('the store of a level log', () => {
  it('stores what all streams have appended in a turn in one batch', async () => {
    const log = await bench.openLog()
    const writers = await Promise.all(Array.from({ length: 200 }, (_, n) => create(log, `s${n}`)))
    const batch = vi.spyOn(ClassicLevel.prototype, 'batch')
    onTestFinished(() => batch.mockRestore())
    for (let turn = 0; turn < 3; turn++) for (const writer of writers) appendSmall(writer, 1)
    await Promise.all(writers.map((writer) => writer.flushed()))
    expect(batch).toHaveBeenCalledTimes(1)
  })

  it('has one batch on its way at a time, whatever comes meanwhile', async () => {
    const original = ClassicLevel.prototype.batch as () => { write(): Promise<void> }
    let [onTheirWay, most, count] = [0, 0, 0]
    const spy = vi.spyOn(ClassicLevel.prototype, 'batch').mockImplementation(function (
      this: ClassicLevel,
    ) {
      const batch = original.call(this)
      const write = batch.write.bind(batch)
      batch.write = async () => {
        count++
        most = Math.max(most, ++onTheirWay)
        await write()
        onTheirWay--
      }
      return batch as never
    })
    onTestFinished(() => spy.mockRestore())
    const log = await bench.openLog()
    const writers = await Promise.all(Array.from({ length: 20 }, (_, n) => create(log, `s${n}`)))
    for (let turn = 0; turn < 50; turn++) {
      for (const writer of writers) appendSmall(writer, 1)
      await nextTurn()
    }
    await Promise.all(writers.map((writer) => writer.flushed()))
    expect(most).toBe(1)
    // Each stream appended 50 times, all of them in as many turns.
    expect(count).toBeLessThanOrEqual(52)
  })

  it('opens its database anew before it writes again', async () => {
    const open = vi.spyOn(ClassicLevel.prototype, 'open')
    onTestFinished(() => open.mockRestore())
    const log = await bench.openLog()
    const writer = await create(log, 'a')
    const opened = open.mock.calls.length
    const mend = breakDisk()
    const records = appendSmall(writer, 2)
    await bench.clock.advance(10)
    mend()
    let isStored = false
    void Promise.resolve(writer.flushed()).then(() => {
      isStored = true
    })
    await bench.until('all is stored', () => isStored)
    expect(open.mock.calls.length).toBe(opened + 1)
    records.push(...appendSmall(writer, 2))
    await writer.flushed()
    expect(open.mock.calls.length).toBe(opened + 1)
    assertRecords(await readFrom(await openKnown(log, 'a'), 1), records)
  })
})
