import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeDirectory } from '../../test/level-kit.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import type { OpenStore } from './contract/store.ts'
import { createLevelLog, type LevelLogOptions, openLevelLog } from './level.ts'
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

describe('createLevelLog', () => {
  it.each<[keyof LevelLogOptions, unknown, string]>([
    ['maxBytes', 0, '0'],
    ['maxTotalBytes', -1, '-1'],
    ['keepFor', Number.NaN, 'NaN'],
    ['outageFor', '1m', '"1m"'],
  ])('rejects a %s of %j', async (option, value, shown) => {
    const directory = join(tmpdir(), 'synapse-level-never-made')
    await expect(createLevelLog({ directory, [option]: value })).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_INVALID_OPTION',
      message: `${option} must be a number above 0, got ${shown}; leave it out for the default`,
    })
    expect(existsSync(directory)).toBe(false)
  })

  it.each([undefined, '', 7])('rejects a directory of %j', async (directory) => {
    await expect(createLevelLog({ directory: directory as never })).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_INVALID_OPTION',
      message: expect.stringContaining('directory must be a path'),
    })
  })

  it('makes the directory where it is missing, and those above', async () => {
    const directory = join(await makeDirectory(), 'a', 'b')
    const log = await createLevelLog({ directory })
    await log.close()
    expect(existsSync(join(directory, 'CURRENT'))).toBe(true)
  })

  it('keeps 64 MiB of a stream where nothing is said', async () => {
    const log = await createLevelLog({ directory: await makeDirectory() })
    const { maxBytes } = await log.create('a', { principal: undefined })
    expect(maxBytes).toBe(64 * 1024 * 1024)
    await log.close()
  })

  it('says that a directory is in use, which, and the cure; it can be had once it is free', async () => {
    const directory = await makeDirectory()
    const first = await createLevelLog({ directory })
    await expect(createLevelLog({ directory })).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_LOG_LOCKED',
      message: expect.stringMatching(/^directory \/.*give each process a directory of its own/),
    })
    await first.close()
    await (await createLevelLog({ directory })).close()
  })

  it('says so for one that another process uses', async () => {
    const directory = await makeDirectory()
    const program = `
      const { ClassicLevel } = require('classic-level')
      const db = new ClassicLevel(process.argv[1])
      db.open().then(() => console.log('open'))
      setInterval(() => {}, 1000)
    `
    const child = spawn(process.execPath, ['-e', program, directory], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    await expect(createLevelLog({ directory })).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_LOG_LOCKED',
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await createLevelLog({ directory })).close()
  })

  it('says that a path is a file, or below one', async () => {
    const file = join(await makeDirectory(), 'file')
    await writeFile(file, 'text')
    const error = { code: 'ERR_SYNAPSE_LOG_DIRECTORY' }
    await expect(createLevelLog({ directory: file })).rejects.toMatchObject({
      ...error,
      message: `directory ${file} is a file; choose another directory`,
    })
    const below = join(file, 'log')
    await expect(createLevelLog({ directory: below })).rejects.toMatchObject({
      ...error,
      message: `directory ${below} is below a file; choose another directory`,
    })
  })

  it('says what to install where classic-level is missing', async () => {
    vi.doMock('classic-level', () => {
      throw new Error("Cannot find package 'classic-level'")
    })
    onTestFinished(() => void vi.doUnmock('classic-level'))
    await expect(createLevelLog({ directory: await makeDirectory() })).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_MISSING_PEER',
      message: expect.stringContaining('npm install classic-level'),
    })
  })
})
