import type { Redis } from 'ioredis'
import { createLimits, type Limits, type LimitsOptions } from './limits.ts'
import { createRedisPermits } from './redis-permits.ts'

export interface RedisLimitsOptions extends LimitsOptions {
  /** A connected client of ioredis; closing it stays with you. Redis 6.2 or newer. */
  readonly redis: Redis
  /** Start of all keys. Default `synapse-toon`. */
  readonly prefix?: string
}

/**
 * Limits that all processes on one Redis share: `createSynapseToon({ limits: createRedisLimits(…) })`.
 *
 * @throws {InvalidOptionError} names the option, its value and what it must be
 */
export function createRedisLimits(options: RedisLimitsOptions): Limits {
  const { redis, prefix = 'synapse-toon', ...limits } = options
  return createLimits(limits, {
    permits: createRedisPermits({ redis, prefix }),
    makeLimiter: (library, { keyPrefix, ...rest }) =>
      new library.RateLimiterRedis({
        ...rest,
        storeClient: redis,
        keyPrefix: `{${prefix}:${keyPrefix}}`,
      }),
  })
}
