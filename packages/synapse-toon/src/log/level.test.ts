import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import type { OpenStore } from './contract/store.ts'
import { openLevelLog } from './level.ts'
import type { LevelLog } from './level-log.ts'
import { logContract } from './log-contract.ts'

const openLevelStore: OpenStore = async ({ keepFor }) => {
  const directory = await mkdtemp(join(tmpdir(), 'synapse-level-'))
  const clock = createFakeClock()
  const opened: LevelLog[] = []
  return {
    async open() {
      const log = await openLevelLog({
        directory,
        keepFor,
        clock,
        wallClock: () => 1e12 + clock.now(),
      })
      opened.push(log)
      return log
    },
    lose: (log) => (log as LevelLog).kill(),
    async pass(milliseconds) {
      await clock.advance(milliseconds)
      // The disk is a real one.
      await sleep(1)
    },
    async close() {
      await Promise.all(opened.map((log) => log.close()))
      await rm(directory, { recursive: true })
    },
  }
}

describe('createLevelLog keeps the contract: it', () => {
  for (const { name, check } of logContract(openLevelStore, { durable: true, shared: false })) {
    it(name, check)
  }
})
