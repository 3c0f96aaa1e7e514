/** `synapse-toon/redis`: what several processes share. Needs ioredis. */
export { createRedisLimits, type RedisLimitsOptions } from './limits/redis-limits.ts'
export { LogAwayError } from './log/log-away-error.ts'
export { createRedisLog, type RedisLogOptions } from './log/redis-log.ts'
export { UnsupportedRedisError } from './log/unsupported-redis-error.ts'
