import type { Redis } from 'ioredis'
import { InvalidOptionError } from '../options/invalid-option-error.ts'
import { wholeNumber } from '../options/whole-number.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import type { LogReader, LogWriter, StreamLog } from './log.ts'
import { RedisCalls } from './redis-calls.ts'
import { RedisChannels } from './redis-channels.ts'
import { RedisOutage } from './redis-outage.ts'
import { RedisProducer } from './redis-producer.ts'
import { RENEWALS_PER_LEASE, RedisStore } from './redis-store.ts'
import { RedisView } from './redis-view.ts'
import { timeLimit } from './time-limit.ts'

export interface RedisLogOptions {
  /**
   * A client of ioredis, for Redis 6.2 or newer or Valkey; closing it stays with you. The log makes
   * one connection more, with the same options, on which messages come. A Redis that evicts keys
   * when its memory is full (`maxmemory-policy` other than `noeviction`) loses records.
   */
  readonly redis: Redis
  /** Start of all keys and channels. Default `synapse-toon`. */
  readonly prefix?: string
  /** Most bytes of records for each stream; the oldest go first. Default 16 MiB. */
  readonly maxBytes?: number
  /** How long an ended stream can be resumed, in ms. Default 300 000 (5 minutes). */
  readonly keepFor?: number
  /**
   * How long a producer that is not heard of is taken for alive, in ms; then readers are told that
   * it is lost. It says that it is alive three times in this. Default 15 000.
   */
  readonly leaseMs?: number
  /**
   * How long Redis may be away, in ms, before a stream that could not be stored is given up. Its
   * readers in the producer's process go on meanwhile. Where it comes and goes all the time, a
   * producer that is not heard of is taken for lost after this and a lease, or four leases where
   * those are longer; so give all processes the same. Default 30 000.
   */
  readonly outageFor?: number
  /** Default: the system's. */
  readonly clock?: Clock
}

const MIB = 1024 * 1024
const DEFAULT_MAX_BYTES = 16 * MIB
const DEFAULT_KEEP_FOR_MS = 300_000
const DEFAULT_LEASE_MS = 15_000
const DEFAULT_OUTAGE_MS = 30_000

/** Longest timeout that timers of all platforms hold: 2^31 - 1 ms, 24.8 days. */
const MAX_MS = 2 ** 31 - 1

/** Below, a process that is merely busy would be taken for dead. In ms. */
const MIN_LEASE_MS = 100

/** Most time that `close` gives Redis to store what is left, in ms. */
const CLOSE_MS = 2_000

/**
 * Keeps records in Redis: a stream can be read and cancelled in every process, and what was stored
 * of it outlives its own. A batch of records is one script call, however many read it.
 *
 * Where Redis is away, what runs goes on; what is new is refused with a `LogAwayError`, status 503.
 *
 * @throws {InvalidOptionError} names the option, its value and what it must be
 */
export function createRedisLog(options: RedisLogOptions): StreamLog {
  const { redis, prefix, maxBytes, keepFor, leaseMs, outageFor, clock } = resolve(options)
  const instance = globalThis.crypto.randomUUID()
  const { db = 0, keyPrefix = '' } = redis.options

  const outage = new RedisOutage()
  const calls = new RedisCalls({ redis, clock, outage, onBack })
  const channels = new RedisChannels(redis, outage)
  const scope = `${keyPrefix}${db}`
  const store = new RedisStore({
    calls,
    clock,
    prefix,
    scope,
    instance,
    leaseMs,
    keepFor,
    outageFor,
  })

  /** Streams that this process produces, until all of them is stored. */
  const producers = new Map<string, RedisProducer>()
  /** Streams of others that are read here. */
  const live = new Map<string, RedisView>()
  /** All views that anybody still holds: readers of one stream are to share one. */
  const views = new Map<string, WeakRef<RedisView>>()
  const forgotten = new FinalizationRegistry<string>((streamId) => {
    if (views.get(streamId)?.deref() === undefined) views.delete(streamId)
  })
  const opening = new Map<string, Promise<RedisView | undefined>>()
  let leaveControl: (() => void) | undefined
  let cancelTick: (() => void) | undefined
  let hasWarned = false
  let isClosed = false

  function onForgotten(): void {
    if (hasWarned) return
    hasWarned = true
    const text =
      'Redis has lost streams that run: they are stored anew as far as they are in memory'
    process.emitWarning(text, { code: 'SYNAPSE_LOG' })
  }

  function onBack(): void {
    hasWarned = false
    lookAfterAll()
  }

  function lookAfterAll(): void {
    for (const producer of producers.values()) producer.renew()
    for (const view of live.values()) view.lookSoon()
  }

  function tick(): void {
    cancelTick = undefined
    channels.check()
    lookAfterAll()
    keepTicking()
  }

  function keepTicking(): void {
    if (isClosed || cancelTick !== undefined || producers.size + live.size === 0) return
    cancelTick = clock.after(leaseMs / RENEWALS_PER_LEASE, tick, { keepAlive: false })
  }

  /** Where others ask for the streams of this process to be looked after. */
  function joinControl(): void {
    leaveControl ??= channels.join(store.controlChannel, {
      onMessage: (streamId) => producers.get(streamId)?.renew(),
      onJoined: () => {
        for (const producer of producers.values()) producer.renew()
      },
    })
  }

  async function openView(streamId: string): Promise<RedisView | undefined> {
    const known = views.get(streamId)?.deref()
    if (known !== undefined && (await known.refresh())) return known
    const sight = await store.look(streamId, { after: undefined, readers: undefined })
    if (sight === undefined) return undefined
    const view = new RedisView({
      ...{ streamId, sight, store, channels, clock, leaseMs },
      onLive(one) {
        live.set(streamId, one)
        keepTicking()
      },
      onIdle(one) {
        if (live.get(streamId) === one) live.delete(streamId)
      },
    })
    views.set(streamId, new WeakRef(view))
    forgotten.register(view, streamId)
    return view
  }

  function open(streamId: string): LogReader | Promise<LogReader | undefined> {
    const here = producers.get(streamId)?.writer ?? live.get(streamId)
    if (here !== undefined) return here
    let opened = opening.get(streamId)
    if (opened === undefined) {
      opened = openView(streamId).finally(() => opening.delete(streamId))
      opening.set(streamId, opened)
    }
    return opened
  }

  async function storeAll(): Promise<void> {
    await Promise.all(Array.from(producers.values(), ({ writer }) => writer.flushed()))
    // What still runs has nobody who goes on with it.
    await Promise.allSettled(Array.from(producers.values(), (producer) => producer.release()))
  }

  return {
    shared: true,
    async create(streamId, create): Promise<LogWriter> {
      const producer = await RedisProducer.create({
        ...{ streamId, options: create, maxBytes, store, clock, outageFor, onForgotten },
        onDone() {
          if (producers.get(streamId) === producer) producers.delete(streamId)
        },
      })
      producers.set(streamId, producer)
      joinControl()
      keepTicking()
      return producer.writer
    },
    open,
    cancel(streamId) {
      const producer = producers.get(streamId)
      return producer === undefined ? store.cancel(streamId) : producer.writer.cancel()
    },
    claim: (name, value, ms) => store.claim(name, value, ms),
    async close() {
      const limit = timeLimit(clock, CLOSE_MS, { keepAlive: true })
      await limit.race(storeAll()).catch(() => undefined)
      limit.clear()
      isClosed = true
      cancelTick?.()
      leaveControl?.()
      calls.close()
      channels.close()
      for (const { writer } of [...producers.values()]) writer.lose()
      live.clear()
      views.clear()
    },
  }
}

function resolve(options: RedisLogOptions): Required<RedisLogOptions> {
  const {
    redis,
    prefix = 'synapse-toon',
    maxBytes = DEFAULT_MAX_BYTES,
    keepFor = DEFAULT_KEEP_FOR_MS,
    leaseMs = DEFAULT_LEASE_MS,
    outageFor = DEFAULT_OUTAGE_MS,
    clock = systemClock,
  } = options
  if (typeof redis?.duplicate !== 'function' || typeof redis.evalsha !== 'function') {
    throw new InvalidOptionError('redis', 'a client of ioredis: new Redis(url)', redis)
  }
  if (typeof prefix !== 'string') throw new InvalidOptionError('prefix', 'a string', prefix)
  const most = Number.MAX_SAFE_INTEGER
  wholeNumber('maxBytes', maxBytes, 1, most, 'bytes, default 16777216')
  wholeNumber('keepFor', keepFor, 1, MAX_MS, 'ms, default 300000')
  wholeNumber('leaseMs', leaseMs, MIN_LEASE_MS, MAX_MS, 'ms, default 15000')
  const unit = 'ms, 0 gives up at the first failure'
  wholeNumber('outageFor', outageFor, 0, MAX_MS, unit)
  return { redis, prefix, maxBytes, keepFor, leaseMs, outageFor, clock }
}
