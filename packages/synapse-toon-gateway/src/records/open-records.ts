import { createMemoryLog } from 'synapse-toon'
import type { Settings } from '../settings.ts'
import type { Records } from './records.ts'
import type { Report } from './redis-watch.ts'

/**
 * Opens the log that the settings ask for.
 *
 * @throws {SettingError} when its folder or its server cannot be used now
 */
export async function openRecords(settings: Settings, report: Report): Promise<Records> {
  const { log, dataDir, redisUrl, redisPrefix, keepMs: keepFor } = settings
  // Loaded where needed: a store's client, native in part, is nothing to fail on for the others.
  if (log === 'level') {
    const { openLevelRecords } = await import('./level-records.ts')
    return openLevelRecords({ dataDir: dataDir!, keepFor })
  }
  if (log === 'redis') {
    const { openRedisRecords } = await import('./redis-records.ts')
    return openRedisRecords({ url: redisUrl!, prefix: redisPrefix, keepFor }, report)
  }
  return {
    kind: 'memory',
    log: createMemoryLog({ keepFor }),
    note: 'in memory: answers are gone when this process ends',
    isReady: async () => true,
    async close() {},
  }
}
