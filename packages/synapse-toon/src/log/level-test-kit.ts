import { setTimeout as sleep } from 'node:timers/promises'
import { ClassicLevel } from 'classic-level'
import { onTestFinished, vi } from 'vitest'
import { makeDirectory } from '../../test/level-kit.ts'
import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { appendEnd, create, update } from './contract/kit.ts'
import { type LevelLogOptions, openLevelLog } from './level.ts'
import type { LevelLog } from './level-log.ts'
import type { LogWriter, StreamLog } from './log.ts'

export const HOUR = 3_600_000

/** A directory and the clocks of the logs that are opened on it. */
export interface LevelBench {
  readonly directory: string
  readonly clock: FakeClock
  wallClock(): number
  /** Closed with the test. */
  openLog(options?: Partial<LevelLogOptions>): Promise<LevelLog>
  /** The keys that the store holds, once the log is closed. */
  keysOnDisk(): Promise<string[]>
  /** Moves time on, `step` ms at a time, with real time for the disk between. */
  until(what: string, condition: () => boolean | Promise<boolean>, step?: number): Promise<void>
}

export async function openBench(): Promise<LevelBench> {
  const directory = await makeDirectory()
  const clock = createFakeClock()
  const wallClock = () => 1e12 + clock.now()
  return {
    directory,
    clock,
    wallClock,
    async openLog(options) {
      const log = await openLevelLog({ directory, clock, wallClock, ...options })
      onTestFinished(() => log.close())
      return log
    },
    async keysOnDisk() {
      const db = new ClassicLevel(directory)
      const keys = await db.keys().all()
      await db.close()
      return keys
    },
    async until(what, condition, step = 50) {
      for (let steps = 0; steps < 3000; steps++) {
        if (await condition()) return
        await clock.advance(step)
        await sleep(1)
      }
      throw new Error(`waited in vain: ${what}`)
    },
  }
}

/** A stream of about so many bytes that has ended. */
export async function ended(log: StreamLog, streamId: string, bytes = 100): Promise<LogWriter> {
  const writer = await create(log, streamId)
  for (let left = bytes; left > 0; left -= 1000) {
    writer.append(update(writer.lastSeq + 1, 'x'.repeat(Math.min(left, 1000))))
    writer.passed(writer.lastSeq)
  }
  appendEnd(writer)
  await writer.flushed()
  return writer
}

/** Those of some streams, named by a letter each, that a log still knows. */
export async function left(log: StreamLog, ids: string): Promise<string> {
  const found = await Promise.all([...ids].map((id) => log.open(id)))
  return [...ids].filter((_, n) => found[n] !== undefined).join('')
}

export const DISK_FULL = Object.assign(new Error('IO error: No space left on device'), {
  code: 'LEVEL_IO_ERROR',
})

/** From now on no write succeeds, until the returned function is called, or the test is over. */
export function breakDisk(): () => void {
  const batch = vi.spyOn(ClassicLevel.prototype, 'batch').mockImplementation(() => {
    throw DISK_FULL
  })
  onTestFinished(() => batch.mockRestore())
  return () => batch.mockRestore()
}
