import type { Redis, RedisOptions } from 'ioredis'
import type { RedisOutage } from './redis-outage.ts'

export interface ChannelListener {
  onMessage(message: string): void
  /** From here on, messages come; what was said before is to be read. Again after each connection. */
  onJoined(): void
}

/** Waits between attempts to connect, in ms. */
const RETRY_STEP_MS = 50
const RETRY_MAX_MS = 1_000

/** Most channels in one command. */
const JOINED_AT_ONCE = 1_000

/** Its own ways to come back, whatever those of the caller's client are. */
const OPTIONS: RedisOptions = {
  lazyConnect: false,
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: null,
  // A dead connection does not answer that it is closed either.
  disconnectTimeout: 100,
  retryStrategy: (attempts) => Math.min(attempts * RETRY_STEP_MS, RETRY_MAX_MS),
}

/** One connection on which the messages for all streams come: made when it is first needed. */
export class RedisChannels {
  readonly #redis: Redis
  readonly #outage: RedisOutage
  readonly #listeners = new Map<string, ChannelListener>()
  #connection: Redis | undefined
  /** Whether it answered what it was last asked. */
  #health: 'well' | 'asked' | 'given up' = 'well'
  #isClosed = false

  constructor(redis: Redis, outage: RedisOutage) {
    this.#redis = redis
    this.#outage = outage
  }

  /** One listener for each channel. @returns leaves it */
  join(channel: string, listener: ChannelListener): () => void {
    if (this.#isClosed) return () => {}
    this.#listeners.set(channel, listener)
    this.#connection ??= this.#connect()
    // Else it is among those that are joined when the connection is there.
    if (this.#connection.status === 'ready') this.#subscribe([channel])
    return () => {
      if (this.#listeners.get(channel) !== listener) return
      this.#listeners.delete(channel)
      if (this.#connection?.status === 'ready') this.#unsubscribe(channel)
    }
  }

  /** To be called at intervals: closes a connection that is dead without saying so. */
  check(): void {
    const connection = this.#connection
    const isReady = connection?.status === 'ready'
    // `connect`: it was accepted, and then nothing more was said.
    if (connection === undefined || !(isReady || connection.status === 'connect')) return
    if (this.#health === 'asked') {
      this.#health = 'given up'
      connection.disconnect(true)
    }
    if (this.#health !== 'well') return
    this.#health = 'asked'
    if (!isReady) return
    const answered = () => {
      if (this.#health === 'asked') this.#health = 'well'
    }
    connection.ping().then(answered, (error) => this.#failed(error))
  }

  close(): void {
    this.#isClosed = true
    this.#listeners.clear()
    this.#connection?.disconnect()
  }

  #connect(): Redis {
    const connection = this.#redis.duplicate(OPTIONS)
    connection.on('error', (error: Error) => {
      // One that was cut is there again at once, unless connecting fails.
      if (connection.status === 'connecting') this.#outage.begin('messages', error)
      else this.#failed(error)
    })
    connection.on('message', (channel, text) => this.#listeners.get(channel)?.onMessage(text))
    connection.on('close', () => {
      this.#health = 'well'
    })
    connection.on('ready', () => {
      this.#health = 'well'
      this.#outage.over('messages')
      const channels = [...this.#listeners.keys()]
      while (channels.length > 0) this.#subscribe(channels.splice(0, JOINED_AT_ONCE))
    })
    return connection
  }

  #subscribe(channels: readonly string[]): void {
    const joined = channels.map((channel) => [channel, this.#listeners.get(channel)] as const)
    this.#connection!.subscribe(...channels).then(
      () => {
        for (const [channel, listener] of joined) {
          if (this.#listeners.get(channel) === listener) listener?.onJoined()
        }
      },
      (error) => this.#failed(error),
    )
  }

  #unsubscribe(channel: string): void {
    this.#connection!.unsubscribe(channel).catch((error) => this.#failed(error))
  }

  /** Where the connection broke, the next one joins all. Where Redis says no, somebody is to know. */
  #failed(error: Error): void {
    if (error.name === 'ReplyError') this.#outage.begin('messages', error)
  }
}
