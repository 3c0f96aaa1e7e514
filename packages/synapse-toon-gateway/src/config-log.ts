import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Environment, Flags } from './config.ts'
import { SettingError } from './setting-error.ts'
import type { LogKind, Settings } from './settings.ts'
import { describe } from './zod-issue.ts'

/** Which log a command line and its environment ask for, with what that log needs. */
export interface LogChoice {
  readonly log: string
  readonly dataDir: string | undefined
  readonly redisUrl: string | undefined
}

/**
 * What flags say counts before what the environment says; a folder or a server that is named is
 * meant to be used. REDIS_URL counts as that, as hosts set it once a Redis is attached; what the
 * environment says of another log does not.
 */
export function chooseLog(flags: Flags, env: Environment): LogChoice {
  const fromFlags = flags.log ?? impliedLog(flags.redisUrl, flags.dataDir)
  const log = fromFlags ?? (env.SYNAPSE_LOG || impliedLog(env.REDIS_URL || undefined)) ?? 'level'
  const dataDir = log === 'level' ? env.SYNAPSE_DATA_DIR || defaultDataDir(env) : undefined
  const redisUrl = log === 'redis' ? env.REDIS_URL || undefined : undefined
  return { log, dataDir: flags.dataDir ?? dataDir, redisUrl: flags.redisUrl ?? redisUrl }
}

export function impliedLog(
  redisUrl: string | undefined,
  dataDir?: string | undefined,
): LogKind | undefined {
  if (redisUrl !== undefined) return 'redis'
  return dataDir === undefined ? undefined : 'level'
}

/** [XDG Base Directory Specification] a relative path in a variable is to be ignored. */
function defaultDataDir(env: Environment): string {
  const { XDG_STATE_HOME = '', HOME } = env
  const states = isAbsolute(XDG_STATE_HOME)
    ? XDG_STATE_HOME
    : join(HOME || homedir(), '.local/state')
  return join(states, 'synapse-toon')
}

/** @throws {SettingError} where the log lacks what it needs, or is given what is another one's */
export function checkLog({ log, dataDir, redisUrl }: Settings): void {
  if (log !== 'redis' && redisUrl !== undefined) {
    const problem = `cannot be used with --log ${log}: answers are kept in one place; leave one out`
    throw new SettingError('redisUrl', problem)
  }
  if (log !== 'level' && dataDir !== undefined) {
    const problem = `cannot be used with --log ${log}: answers are kept in one place; leave one out`
    throw new SettingError('dataDir', `${describe(dataDir)} ${problem}`)
  }
  if (log === 'redis' && redisUrl === undefined) {
    const cure = 'give --redis-url redis://HOST:6379, or set REDIS_URL'
    throw new SettingError('redisUrl', `is missing, but the log is redis; ${cure}`)
  }
  if (log === 'level' && dataDir === undefined) {
    throw new SettingError('dataDir', 'is missing, but the log is level; give --data-dir DIR')
  }
}
