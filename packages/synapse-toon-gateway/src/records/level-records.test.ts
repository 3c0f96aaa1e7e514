import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SettingError } from '../setting-error.ts'
import { tempFolder } from '../test-kit.ts'
import { openLevelRecords } from './level-records.ts'

async function open(dataDir: string) {
  const records = await openLevelRecords({ dataDir, keepFor: undefined })
  onTestFinished(async () => {
    await records.log.close()
    await records.close()
  })
  return records
}

async function problem(dataDir: string): Promise<string> {
  const failed = await openLevelRecords({ dataDir, keepFor: undefined }).catch((error) => error)
  if (!(failed instanceof SettingError)) throw failed
  expect(failed).toMatchObject({ setting: 'dataDir', exitCode: 1 })
  return failed.problem
}

describe('records on the disk', () => {
  it('make their folder, for its user alone, and say where it is', async () => {
    const dataDir = join(tempFolder(), 'state', 'synapse-toon')
    const { note, kind, log, isReady } = await open(dataDir)
    expect(existsSync(join(dataDir, 'streams', 'CURRENT'))).toBe(true)
    expect(statSync(dataDir).mode & 0o077).toBe(0)
    expect(kind).toBe('level')
    expect(note).toBe(`in ${dataDir}/streams: answers outlive a restart`)
    expect(log.shared).toBe(false)
    expect(await isReady()).toBe(true)
  })
})

describe('a folder that cannot be used', () => {
  it('because another gateway has it open is told with the cure', async () => {
    const dataDir = tempFolder()
    await open(dataDir)
    expect(await problem(dataDir)).toBe(
      `${JSON.stringify(dataDir)} is in use by another gateway; give --data-dir another folder, or use --log memory`,
    )
  })

  it('because it would be below a file is told by its name', async () => {
    const file = join(tempFolder({ file: '' }), 'file')
    expect(await problem(file)).toContain(`${JSON.stringify(file)} cannot be made (ENOTDIR)`)
  })

  it('because a file has its name is told so', async () => {
    const dataDir = tempFolder({ streams: '' })
    expect(await problem(dataDir)).toContain('cannot be made (EEXIST); give --data-dir')
  })
})
