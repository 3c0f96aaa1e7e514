import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { LogReader, LogRecord, StreamLog } from 'synapse-toon'
import { createRedisLog, type RedisLogOptions } from 'synapse-toon/redis'
import { onTestFinished } from 'vitest'

/** A log with a client of its own, as each process has one. */
export interface LogProcess {
  readonly log: StreamLog
  readonly redis: Redis
  /** Holds all commands back, as a process does that is stopped, until the returned function is called. */
  freeze(): () => void
}

/**
 * Starts a log on `url`; it is closed with the test, and its client.
 *
 * @param retryMs how long its client waits before it connects again
 */
export function startLog(
  url: string,
  options: Partial<RedisLogOptions> = {},
  retryMs = 20,
): LogProcess {
  const redis = new Redis(url, { retryStrategy: () => retryMs })
  // What the log has to say of an outage, it says itself.
  redis.on('error', () => {})
  let gate: Promise<void> | undefined
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>
  Object.assign(redis, {
    evalsha: async (...args: unknown[]) => {
      await gate
      return evalsha(...args)
    },
  })
  const log = createRedisLog({ redis, ...options })
  onTestFinished(async () => {
    await log.close()
    redis.disconnect()
  })
  return {
    log,
    redis,
    freeze() {
      let thaw = () => {}
      gate = new Promise((resolve) => {
        thaw = resolve
      })
      return thaw
    },
  }
}

export const update = (seq: number, text = `${seq}`): LogRecord => ({
  seq,
  event: 'update',
  json: JSON.stringify({ delta: text }),
})

export const done = (seq: number): LogRecord => ({
  seq,
  event: 'done',
  json: JSON.stringify({ reason: 'complete', chunks: seq - 1 }),
})

/** All that a reader gives from a position on, the way connections read it. */
export async function readFrom(reader: LogReader, seq = 1): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (let next = seq; ; next = records.at(-1)!.seq + 1) {
    const record = reader.at(next)
    const page = record === undefined ? await reader.load(next) : [record]
    if (page.length === 0) return records
    records.push(...page)
  }
}

/** The same again for as long as Redis is away. */
export async function whenBack<Value>(ask: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_SYNAPSE_LOG_AWAY') throw error
      await sleep(20)
    }
  }
}

/** The stream as `log` has it. */
export async function openKnown(log: StreamLog, streamId: string): Promise<LogReader> {
  const reader = await log.open(streamId)
  if (reader === undefined) throw new Error(`stream ${streamId} is not known`)
  return reader
}

/** Looks until `isTrue`, which may have to ask somebody. */
export async function untilAsked(
  isTrue: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 10_000,
): Promise<void> {
  const start = performance.now()
  while (!(await isTrue())) {
    if (performance.now() - start > limitMs) throw new Error(`waited in vain until ${what}`)
    await sleep(5)
  }
}

/** Waits until one process listens where producers are told to look after a stream. */
export async function untilListening(redis: Redis): Promise<void> {
  await untilAsked(async () => {
    const channels = (await redis.pubsub('CHANNELS', '*:control:*')) as string[]
    return channels.length === 1
  }, 'the producer listens')
}
