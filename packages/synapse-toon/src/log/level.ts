import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { positive } from '../options/positive.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { isDamage, openError } from './level-errors.ts'
import { LevelLog, type LevelLogSettings } from './level-log.ts'
import { LevelStore } from './level-store.ts'
import type { StreamLog } from './log.ts'

export interface LevelLogOptions {
  /** Where the files are; made where it is missing. One process at a time can use it. */
  readonly directory: string
  /** Most bytes of records for each stream; the oldest go first. Default 64 MiB. */
  readonly maxBytes?: number
  /**
   * Most bytes of records in all, on the disk; ended streams go, the one that ended first goes
   * first. Default 1 GiB.
   */
  readonly maxTotalBytes?: number
  /**
   * How long an ended stream can be resumed, in ms. Default 3 600 000 (1 hour): long enough for a
   * closed lid or a meeting, too short for the disk to become an archive of people's answers.
   */
  readonly keepFor?: number
  /**
   * How long the disk may be away (full, for example), in ms, before a stream that could not be
   * stored is given up. Its readers go on meanwhile. Default 30 000.
   */
  readonly outageFor?: number
  /** Default: the system's. */
  readonly clock?: Clock
  /** Time of day, ms since 1970, for expiry over a restart. Default `Date.now`. For tests. */
  readonly wallClock?: () => number
}

const MIB = 1024 * 1024
const DEFAULT_MAX_BYTES = 64 * MIB
const DEFAULT_MAX_TOTAL_BYTES = 1024 * MIB
const DEFAULT_KEEP_FOR_MS = 3_600_000
const DEFAULT_OUTAGE_MS = 30_000

/**
 * Keeps records on this machine's disk: resume works over a restart, also after a crash. Of a
 * process that is killed, what it appended in its last moment may be missing; a power failure may
 * take more. Streams that nobody produces any more end with `producer-lost` when it is opened.
 *
 * @throws {MissingPeerError} classic-level is not installed
 * @throws {LogLockedError} the directory is in use @throws {LogDirectoryError} it cannot be written
 * @throws {LogDamagedError} its files are damaged, and cannot be repaired
 */
export async function createLevelLog(options: LevelLogOptions): Promise<StreamLog> {
  return openLevelLog(options)
}

/** The same, with what only tests need. */
export async function openLevelLog(options: LevelLogOptions): Promise<LevelLog> {
  const settings: LevelLogSettings = {
    maxBytes: positive('maxBytes', options.maxBytes ?? DEFAULT_MAX_BYTES),
    maxTotalBytes: positive('maxTotalBytes', options.maxTotalBytes ?? DEFAULT_MAX_TOTAL_BYTES),
    keepFor: positive('keepFor', options.keepFor ?? DEFAULT_KEEP_FOR_MS),
    outageFor: positive('outageFor', options.outageFor ?? DEFAULT_OUTAGE_MS),
    clock: options.clock ?? systemClock,
    today: options.wallClock ?? Date.now,
  }
  const { directory } = options
  if (typeof directory !== 'string' || directory === '') {
    throw new InvalidOptionError(
      'directory',
      'a path',
      directory,
      'name one that no other process uses',
    )
  }
  const store = await LevelStore.open(directory)
  try {
    return await openOrRepair(store, settings)
  } catch (error) {
    await store.close()
    throw openError(directory, error)
  }
}

/** Damage to a table is found only when it is read. */
async function openOrRepair(store: LevelStore, settings: LevelLogSettings): Promise<LevelLog> {
  try {
    return await LevelLog.open(store, settings)
  } catch (error) {
    if (!isDamage(error)) throw error
    await store.repair()
    return LevelLog.open(store, settings)
  }
}
