import { Redis } from 'ioredis'
import { createRedisLog } from 'synapse-toon/redis'
import { SettingError } from '../setting-error.ts'
import type { Records } from './records.ts'
import { type Report, watchRedis } from './redis-watch.ts'

export interface RedisRecordsOptions {
  readonly url: string
  readonly prefix: string
  /** ms. Default: the log's. */
  readonly keepFor: number | undefined
}

/** For a connection to be made, in ms. */
const CONNECT_MS = 5_000

/**
 * A connection that has not answered a command for so long is closed, in ms: a network that swallows
 * all says nothing of it. Longer than the log waits for a call.
 */
const SILENT_MS = 10_000

/** Waits between attempts to connect, in ms: short after a restart of Redis, and never long. */
const RETRY_STEP_MS = 50
const RETRY_MAX_MS = 1_000

/** For the answer to "are you there", in ms. */
const READY_MS = 1_000

/**
 * Records in a Redis that several gateways share.
 *
 * @throws {SettingError} when it cannot be used now
 */
export async function openRedisRecords(
  { url, prefix, keepFor }: RedisRecordsOptions,
  report: Report,
): Promise<Records> {
  const redisAt = placeOf(url)
  const redis = new Redis(url, {
    connectionName: 'synapse-toon',
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    retryStrategy: (attempt) => Math.min(attempt * RETRY_STEP_MS, RETRY_MAX_MS),
  })
  await connect(redis, redisAt)
  const log = createRedisLog({ redis, prefix, keepFor })
  const stopWatching = watchRedis(redis, redisAt, report)
  try {
    // Its version, and whether this user may run scripts: told now, not to the first who asks.
    await log.open('nobody')
    await checkEviction(redis, redisAt, report)
  } catch (error) {
    stopWatching()
    await log.close()
    throw unusable(redis, redisAt, error)
  }
  return {
    kind: 'redis',
    log,
    note: `in Redis at ${redisAt}, prefix ${prefix}: gateways with the same ones share their answers`,
    isReady: async () => redis.status === 'ready' && (await answers(redis)),
    async close() {
      stopWatching()
      redis.disconnect()
    },
  }
}

/** Host, port and database: all of the address that is no secret. */
function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url)
  return `${hostname}:${port || '6379'}${pathname === '/' ? '' : pathname}`
}

/** Once: who starts gateways starts them again. */
async function connect(redis: Redis, redisAt: string): Promise<void> {
  // The promise says only that the connection was closed; the event before it says why.
  let reason: unknown
  const onError = (error: Error) => {
    reason = error
  }
  redis.on('error', onError)
  try {
    await redis.connect()
  } catch (error) {
    throw unusable(redis, redisAt, reason ?? error)
  } finally {
    redis.off('error', onError)
  }
}

/** Without a cause: the error of a command holds what was sent, and so a password. */
function unusable(redis: Redis, redisAt: string, error: unknown): SettingError {
  redis.disconnect()
  const { message, cause } = error as Error
  const why = cause instanceof Error ? cause.message : message
  const cure = 'start it, correct the address, or use --log level for this machine alone'
  return new SettingError('redisUrl', `at ${redisAt} cannot be used (${why}); ${cure}`, 1)
}

/** A Redis whose memory is full and that may evict throws away answers while they run. */
async function checkEviction(redis: Redis, redisAt: string, report: Report): Promise<void> {
  // Some who run Redis for others do not let their clients ask.
  const info = await redis.info('memory').catch(() => '')
  const limit = /^maxmemory:(\d+)/m.exec(info)?.[1] ?? '0'
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction'
  if (limit === '0' || policy === 'noeviction') return
  const cure = 'set maxmemory-policy noeviction, and more memory'
  report.warn({ redisAt, policy }, `Redis may throw away answers while they run: ${cure}`)
}

async function answers(redis: Redis): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, READY_MS, false)
  })
  const pong = redis.ping().then(
    () => true,
    () => false,
  )
  const isThere = await Promise.race([pong, late])
  clearTimeout(timer)
  return isThere
}
