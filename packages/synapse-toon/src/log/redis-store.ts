import type { Clock } from '../time/clock.ts'
import type { LogRecord } from '../wire/record.ts'
import type { Batch } from './batch.ts'
import { producerLost } from './producer-lost.ts'
import { BATCH_WAIT_MS, type RedisCalls } from './redis-calls.ts'
import { RedisLateness } from './redis-lateness.ts'
import { decodeRecord, decodeRows, encodeRecord } from './redis-record.ts'
import * as scripts from './redis-scripts.ts'

export interface RedisStoreInput {
  readonly calls: RedisCalls
  readonly clock: Clock
  readonly prefix: string
  /** Start of the names of channels: they are not kept apart by database or key prefix, as keys are. */
  readonly scope: string
  /** Names this process. */
  readonly instance: string
  readonly leaseMs: number
  readonly keepFor: number
  /** How long a producer goes on without Redis, in ms. */
  readonly outageFor: number
}

/** What Redis says to a producer. Times are Redis's own, in ms. */
export type Answer =
  /** The stream is its own, and stored up to `lastSeq`. */
  | {
      readonly state: 'kept'
      readonly now: number
      readonly lastSeq: number
      readonly cancelled: boolean
    }
  /** Redis knows nothing of the stream. */
  | { readonly state: 'gone'; readonly now: number }
  /** Another ended it. */
  | { readonly state: 'lost' }

/** What there is of a stream, at one moment. */
export interface Sight {
  /** Chosen by the producer: two streams that had the same id differ in it. */
  readonly epoch: string
  readonly principal: string | undefined
  readonly firstSeq: number
  readonly lastSeq: number
  readonly bytes: number
  /** The terminal record. */
  readonly end: LogRecord | undefined
  /** Those behind the position that was asked for. */
  readonly records: readonly LogRecord[]
}

export interface LookOptions {
  /** Gives what is behind it; undefined: the whole stream where it fits a page, else nothing. */
  readonly after: number | undefined
  /** Readers of this process to be counted; undefined: no word of them. */
  readonly readers: number | undefined
}

/** Records read at once: what `load` of the contract calls sensible. In bytes. */
const PAGE_BYTES = 262_144

/** Renewals in one lease: two may fail before a producer is taken for lost. */
export const RENEWALS_PER_LEASE = 3

/** Least leases of grace, for a producer whose `outageFor` is short. */
const LEASES_OF_GRACE = 3

/** One Redis as the log sees it: each method is one script. */
export class RedisStore {
  readonly #input: RedisStoreInput
  readonly #lateness: RedisLateness

  constructor(input: RedisStoreInput) {
    const { calls, leaseMs } = input
    this.#input = input
    this.#lateness = new RedisLateness(leaseMs / RENEWALS_PER_LEASE, () => calls.trouble())
  }

  /** Where batches of a stream are told. */
  channelOf(streamId: string): string {
    return `${this.#input.scope}/${this.#keys(streamId)[0]}`
  }

  /** Where producers of a process are told to look after a stream. */
  get controlChannel(): string {
    return this.#control + this.#input.instance
  }

  /** How long a stream is certain to be known after its producer was last heard of, in ms. */
  get rememberedFor(): number {
    return this.#input.leaseMs + this.#input.keepFor
  }

  /** @returns Redis's time, undefined where the stream is there already */
  async create(
    streamId: string,
    epoch: string,
    principal: string | undefined,
  ): Promise<number | undefined> {
    const { instance, leaseMs, keepFor } = this.#input
    const args = [epoch, instance, leaseMs, keepFor, this.#timeToLive, ...of(principal)]
    const sentAt = this.#input.clock.now()
    const [state, now] = (await this.#run(scripts.CREATE, streamId, args)) as [string, number]
    this.#heard(now, sentAt)
    return state === 'made' ? Number(now) : undefined
  }

  async append(streamId: string, epoch: string, batch: Batch): Promise<Answer> {
    const { leaseMs, keepFor } = this.#input
    const { records, firstSeq, bytes, mayLeaveHole } = batch
    const args = [
      ...[epoch, leaseMs, keepFor, this.#timeToLive, this.channelOf(streamId)],
      ...[records[0]!.seq, firstSeq, bytes, mayLeaveHole ? 1 : 0],
      ...records.map(encodeRecord),
    ]
    const sentAt = this.#input.clock.now()
    return this.#answer(await this.#run(scripts.APPEND, streamId, args, BATCH_WAIT_MS), sentAt)
  }

  /** @param readers of this process */
  async renew(streamId: string, epoch: string, readers: number): Promise<Answer> {
    const { instance, leaseMs } = this.#input
    const args = [epoch, leaseMs, this.#timeToLive, instance, readers]
    const sentAt = this.#input.clock.now()
    return this.#answer(await this.#run(scripts.RENEW, streamId, args), sentAt)
  }

  /** Lets the lease of a producer run out at once. */
  async release(streamId: string, epoch: string): Promise<void> {
    const { instance, keepFor } = this.#input
    await this.#run(scripts.RENEW, streamId, [epoch, 0, keepFor, instance, 0])
  }

  /** @returns undefined where Redis does not know the stream */
  async look(streamId: string, { after = -1, readers }: LookOptions): Promise<Sight | undefined> {
    const { clock, instance, leaseMs } = this.#input
    const sentAt = clock.now()
    const end = encodeRecord(producerLost(0))
    const args = [
      ...[after, PAGE_BYTES, instance, readers ?? '', leaseMs, this.#judgesUntil(sentAt), end],
      ...[this.channelOf(streamId), this.#control, streamId, this.#graceMs],
    ]
    const answer = (await this.#run(scripts.LOOK, streamId, args)) as [number, ...unknown[]]
    this.#heard(answer[0], sentAt)
    if (answer.length === 1) return undefined
    const [, epoch, first, last, bytes, ended, principal, rows] = answer
    return {
      epoch: String(epoch),
      principal: principal === null ? undefined : String(principal),
      firstSeq: Number(first),
      lastSeq: Number(last),
      bytes: Number(bytes),
      end: ended === '' ? undefined : decodeRecord(Number(last), String(ended)),
      records: decodeRows(rows as string[]),
    }
  }

  /** Ends a stream that Redis has lost, where nobody else has it. */
  async bury(
    streamId: string,
    { epoch, seq, principal }: { epoch: string; seq: number; principal: string | undefined },
  ): Promise<void> {
    const { keepFor } = this.#input
    const end = encodeRecord(producerLost(seq))
    const args = [epoch, seq, end, keepFor, this.channelOf(streamId), ...of(principal)]
    await this.#run(scripts.BURY, streamId, args)
  }

  /** The records from a position on, a page of them. */
  async read(streamId: string, seq: number): Promise<readonly LogRecord[]> {
    return decodeRows((await this.#run(scripts.READ, streamId, [seq, PAGE_BYTES])) as string[])
  }

  /** Readers in other processes. */
  async readers(streamId: string): Promise<number> {
    return Number(await this.#run(scripts.READERS, streamId, [this.#input.instance]))
  }

  /** No reader of this process is left. */
  async leave(streamId: string): Promise<void> {
    await this.#run(scripts.LEAVE, streamId, [this.#input.instance])
  }

  async cancel(streamId: string): Promise<void> {
    await this.#run(scripts.CANCEL, streamId, [this.#control, streamId])
  }

  async claim(name: string, value: string, keepFor: number): Promise<string> {
    const { calls, prefix } = this.#input
    const key = `{${prefix}:claim:${name}}`
    return String(await calls.run(scripts.CLAIM, [key], [value, keepFor]))
  }

  /**
   * Redis's time up to which a look may find a lease run out. A look that comes later waited
   * somewhere, and so may the renewals of producers that are well.
   */
  #judgesUntil(sentAt: number): number {
    const { calls, leaseMs } = this.#input
    // Redis was away, or we from it: then producers were, too, and get a lease's time to come back.
    return calls.calmFor < leaseMs ? 0 : this.#lateness.latest(sentAt)
  }

  #answer(answer: unknown, sentAt: number): Answer {
    const [state, now, lastSeq, cancelled] = answer as [string, number, number, string]
    this.#heard(now, sentAt)
    if (state === 'lost') return { state }
    if (state === 'gone') return { state, now: Number(now) }
    return {
      state: 'kept',
      now: Number(now),
      lastSeq: Number(lastSeq),
      cancelled: cancelled !== '',
    }
  }

  #heard(now: number, sentAt: number): void {
    this.#lateness.heard(Number(now), sentAt)
  }

  /**
   * However restless the way to Redis is: a producer that could not renew for so much longer than a
   * lease is lost. Else readers would wait for ever where Redis comes and goes more often than a
   * lease. Not before the producer itself gives up, which may reach Redis at last until then.
   */
  get #graceMs(): number {
    const { leaseMs, outageFor } = this.#input
    return Math.max(LEASES_OF_GRACE * leaseMs, outageFor)
  }

  /** A dead producer's keys outlive its lease and the grace, in case nobody looks for a while. */
  get #timeToLive(): number {
    const { keepFor, leaseMs } = this.#input
    return keepFor + leaseMs + this.#graceMs
  }

  get #control(): string {
    return `${this.#input.scope}/${this.#input.prefix}:control:`
  }

  #keys(streamId: string): [meta: string, records: string, readers: string] {
    const key = `{${this.#input.prefix}:${streamId}}`
    return [`${key}:meta`, `${key}:records`, `${key}:readers`]
  }

  #run(
    script: scripts.Script,
    streamId: string,
    args: readonly (string | number)[],
    waitMs?: number,
  ): Promise<unknown> {
    return this.#input.calls.run(script, this.#keys(streamId), args, waitMs)
  }
}

function of(principal: string | undefined): string[] {
  return principal === undefined ? [] : [principal]
}
