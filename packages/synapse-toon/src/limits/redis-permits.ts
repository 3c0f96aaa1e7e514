import type { Redis } from 'ioredis'
import type { Bounds, Grant, PermitStore } from './permits.ts'

/**
 * A user's permits and everybody's are sorted sets of permit ids, scored by the time at which each
 * lease ends. Redis's own clock is used, since those of the processes may differ.
 *
 * KEYS: the user's set, the total set. ARGV: permit id, lease in ms, most per user, most in total
 * (-1: no limit).
 */
const ACQUIRE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local perUser, total = tonumber(ARGV[3]), tonumber(ARGV[4])
if perUser >= 0 and redis.call('ZCARD', KEYS[1]) >= perUser then return 'user' end
if total >= 0 and redis.call('ZCARD', KEYS[2]) >= total then return 'total' end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2] * 2)
end
return 'granted'`

/** As above; a permit whose lease has ended stays ended, for its place may be taken. */
const RENEW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not ends or tonumber(ends) <= now then return 0 end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, 'XX', now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', key, ARGV[2] * 2)
end
return 1`

const RELEASE = `
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])`

export interface RedisPermitsOptions {
  readonly redis: Redis
  /**
   * Start of all keys. Default `synapse-toon`. The keys share a hash tag, because a script that
   * takes a permit touches two of them: on a cluster they live on one node.
   */
  readonly prefix?: string
}

/** Permits that many processes share; a killed process's are back when their leases end. */
export function createRedisPermits({
  redis,
  prefix = 'synapse-toon',
}: RedisPermitsOptions): PermitStore {
  const keysOf = (user: string) => [`{${prefix}:permits}:user:${user}`, `{${prefix}:permits}:total`]

  return {
    async acquire(user: string, permitId: string, { perUser, total }: Bounds, leaseMs: number) {
      const bounds = [perUser ?? -1, total ?? -1]
      return (await redis.eval(ACQUIRE, 2, ...keysOf(user), permitId, leaseMs, ...bounds)) as Grant
    },
    async renew(user, permitId, leaseMs) {
      return (await redis.eval(RENEW, 2, ...keysOf(user), permitId, leaseMs)) === 1
    },
    async release(user, permitId) {
      await redis.eval(RELEASE, 2, ...keysOf(user), permitId)
    },
  }
}
