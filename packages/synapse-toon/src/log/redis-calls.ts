import type { Redis } from 'ioredis'
import type { Clock } from '../time/clock.ts'
import { LogAwayError } from './log-away-error.ts'
import type { RedisOutage } from './redis-outage.ts'
import type { Script } from './redis-scripts.ts'
import { type TimeLimit, timeLimit } from './time-limit.ts'
import { UnsupportedRedisError } from './unsupported-redis-error.ts'

export interface RedisCallsInput {
  readonly redis: Redis
  readonly clock: Clock
  readonly outage: RedisOutage
  /** The client has a connection again. */
  readonly onBack: () => void
}

/** Longest time for a call, in ms: a request is refused then, a batch is tried again. */
const CALL_MS = 5_000

/** How long a batch waits for a connection, in ms: soon enough to know that Redis is away. */
export const BATCH_WAIT_MS = 1_000

/** `XTRIM MINID` and exclusive ranges came with it. */
const OLDEST_VERSION = [6, 2] as const

/**
 * Runs scripts through the caller's client, each within a bounded time. What the client's own
 * options are does not matter: nothing is put into its queue while it has no connection, and
 * nothing more is sent on a connection that has left a call without an answer for so long.
 */
export class RedisCalls {
  readonly #input: RedisCallsInput
  /** Wakes those who wait for a connection that answers. */
  readonly #waiting = new Set<() => void>()
  /** Sent on this connection, and without an answer for too long. */
  readonly #unanswered = new Set<Promise<unknown>>()
  #connection = 0
  #isVersionKnown = false
  #isClosed = false
  #troubleAt = Number.NEGATIVE_INFINITY

  readonly #onReady = () => {
    if (this.#connection > 0) {
      this.trouble()
      this.#input.onBack()
    }
    this.#wake()
  }
  readonly #onClose = () => {
    this.#connection++
    this.#unanswered.clear()
    this.trouble()
  }
  readonly #onEnd = () => this.#wake()

  constructor(input: RedisCallsInput) {
    this.#input = input
    const { redis } = input
    redis.on('ready', this.#onReady)
    redis.on('close', this.#onClose)
    redis.on('end', this.#onEnd)
  }

  /** How long the connection has been there and without trouble, in ms. */
  get calmFor(): number {
    return this.#input.clock.now() - this.#troubleAt
  }

  /**
   * @param waitMs most time to wait for a connection
   * @throws {LogAwayError} without an answer in time, or with one that says no
   * @throws {UnsupportedRedisError}
   */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    waitMs = CALL_MS,
  ): Promise<unknown> {
    const { clock, outage } = this.#input
    const limit = timeLimit(clock, CALL_MS)
    try {
      if (!this.#isReady) await this.#ready(waitMs)
      if (!this.#isVersionKnown) await this.#checkVersion(limit)
      const answer = await this.#send(limit, () => this.#eval(script, keys, args))
      outage.over('commands')
      return answer
    } catch (error) {
      if (error instanceof UnsupportedRedisError) throw error
      this.trouble()
      if (!this.#isClosed) outage.begin('commands', error)
      // Only its message: the error of a command holds what was sent, and so people's texts.
      throw new LogAwayError(new Error(messageOf(error)))
    } finally {
      limit.clear()
    }
  }

  /** Says that there was some, from this moment on. */
  trouble(): void {
    this.#troubleAt = this.#input.clock.now()
  }

  /** Rejects what waits and what comes. */
  close(): void {
    const { redis } = this.#input
    this.#isClosed = true
    redis.off('ready', this.#onReady)
    redis.off('close', this.#onClose)
    redis.off('end', this.#onEnd)
    this.#wake()
  }

  get #isReady(): boolean {
    const { redis } = this.#input
    return redis.status === 'ready' && this.#unanswered.size === 0 && !this.#isClosed
  }

  async #ready(waitMs: number): Promise<void> {
    const { redis, clock } = this.#input
    // Made with `lazyConnect`: the first command connects. What fails is told by the client's events.
    if (redis.status === 'wait') redis.connect().catch(() => this.trouble())
    const limit = timeLimit(clock, waitMs)
    try {
      while (!this.#isReady) {
        if (this.#isClosed) throw new Error('the log is closed')
        if (redis.status === 'end') throw new Error('the client is closed')
        let wake = () => {}
        const woken = new Promise<void>((resolve) => {
          wake = resolve
        })
        this.#waiting.add(wake)
        await limit.race(woken).finally(() => this.#waiting.delete(wake))
      }
    } finally {
      limit.clear()
    }
  }

  async #checkVersion(limit: TimeLimit): Promise<void> {
    const { redis } = this.#input
    const info = await this.#send(limit, () => redis.info('server').catch(orNotAllowed))
    // Valkey calls itself Redis 7.2 here.
    const version = /^redis_version:(\S+)/m.exec(String(info))?.[1]
    if (version !== undefined && isOlder(version)) throw new UnsupportedRedisError(version)
    this.#isVersionKnown = true
  }

  async #eval(script: Script, keys: readonly string[], args: readonly (string | number)[]) {
    const { redis } = this.#input
    try {
      return await redis.evalsha(script.sha, keys.length, ...keys, ...args)
    } catch (error) {
      if (!String(error).includes('NOSCRIPT')) throw error
      return redis.eval(script.lua, keys.length, ...keys, ...args)
    }
  }

  async #send<Value>(limit: TimeLimit, call: () => Promise<Value>): Promise<Value> {
    const connection = this.#connection
    let isAnswered = false
    const sent = call().finally(() => {
      isAnswered = true
      if (this.#unanswered.delete(sent)) this.#wake()
    })
    try {
      return await limit.race(sent)
    } catch (error) {
      // A connection that is new since then has nothing to do with it.
      if (!isAnswered && connection === this.#connection) this.#unanswered.add(sent)
      throw error
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Some who run Redis for others do not let their clients ask. */
function orNotAllowed(error: Error): string {
  if (error.message.startsWith('NOPERM')) return ''
  throw error
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor < OLDEST_VERSION[1])
}
