import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SynapseToonError } from 'synapse-toon'
import { createLevelLog } from 'synapse-toon/level'
import { SettingError } from '../setting-error.ts'
import { describe } from '../zod-issue.ts'
import type { Records } from './records.ts'

export interface LevelRecordsOptions {
  readonly dataDir: string
  /** ms. Default: the log's. */
  readonly keepFor: number | undefined
}

/** For the user who runs the gateway alone: answers are private. */
const PRIVATE = 0o700

const CURE = 'give --data-dir another folder, or use --log memory'

/**
 * Records in a folder of this machine.
 *
 * @throws {SettingError} when the folder cannot be used, or another gateway uses it
 */
export async function openLevelRecords({
  dataDir,
  keepFor,
}: LevelRecordsOptions): Promise<Records> {
  const directory = join(resolve(dataDir), 'streams')
  try {
    await mkdir(directory, { recursive: true, mode: PRIVATE })
    return {
      kind: 'level',
      log: await createLevelLog({ directory, keepFor }),
      note: `in ${directory}: answers outlive a restart`,
      isReady: async () => true,
      async close() {},
    }
  } catch (error) {
    throw levelProblem(dataDir, error)
  }
}

function levelProblem(dataDir: string, error: unknown): unknown {
  const name = describe(dataDir)
  const problem = (text: string) => new SettingError('dataDir', `${name} ${text}`, 1, error)
  if (error instanceof SynapseToonError) {
    return error.code === 'ERR_SYNAPSE_LOG_LOCKED'
      ? problem(`is in use by another gateway; ${CURE}`)
      : problem(`cannot be used: ${error.message}`)
  }
  const { code } = error as NodeJS.ErrnoException
  return code === undefined ? error : problem(`cannot be made (${code}); ${CURE}`)
}
