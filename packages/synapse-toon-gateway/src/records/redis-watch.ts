import type { Redis } from 'ioredis'

/** What lines about the store go to: a pino logger, for example. */
export interface Report {
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

/**
 * Writes one line when Redis goes away and one when it is back: ioredis tells of every attempt.
 *
 * @param redisAt where it is, without secrets
 * @returns stops it, before the client is closed on purpose
 */
export function watchRedis(redis: Redis, redisAt: string, report: Report): () => void {
  let awaySince: number | undefined
  let isStopped = false
  const onAway = (why: string) => {
    if (awaySince !== undefined || isStopped) return
    awaySince = performance.now()
    report.warn({ redisAt, why }, 'Redis is away: what runs goes on, what is new is refused')
  }
  // Only its message: the error of a command holds what was sent, and so a password.
  redis.on('error', (error: Error) => onAway(error.message))
  redis.on('close', () => onAway('the connection was closed'))
  redis.on('ready', () => {
    if (awaySince === undefined) return
    const awayMs = Math.round(performance.now() - awaySince)
    awaySince = undefined
    report.info({ redisAt, awayMs }, 'Redis is back')
  })
  return () => {
    isStopped = true
  }
}
