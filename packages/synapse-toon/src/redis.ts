/** `synapse-toon/redis`: what several processes share. Needs ioredis. */
export { createRedisLimits, type RedisLimitsOptions } from './limits/redis-limits.ts'
