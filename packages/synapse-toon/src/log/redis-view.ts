import type { Clock } from '../time/clock.ts'
import { isTerminal, type LogRecord } from '../wire/record.ts'
import type { LogReader, LogSubscriber, MaybePromise } from './log.ts'
import { MemoryRecords } from './memory-records.ts'
import { producerLost } from './producer-lost.ts'
import type { RedisChannels } from './redis-channels.ts'
import { RedisPages } from './redis-pages.ts'
import { decodeBatch } from './redis-record.ts'
import type { RedisStore, Sight } from './redis-store.ts'

export interface RedisViewInput {
  readonly streamId: string
  /** What there was when it was opened. */
  readonly sight: Sight
  readonly store: Pick<RedisStore, 'look' | 'read' | 'readers' | 'leave' | 'bury' | 'channelOf'>
  readonly channels: Pick<RedisChannels, 'join'>
  readonly clock: Clock
  readonly leaseMs: number
  /** Somebody reads it: it is to look after itself at intervals, until it is idle. */
  readonly onLive: (view: RedisView) => void
  readonly onIdle: (view: RedisView) => void
}

/** Records kept in memory: for readers that are a little behind. */
const TAIL_BYTES = 262_144

/**
 * A stream of another process, shared by all its readers in this one. Its newest records come as
 * messages. A message can be lost, so what it begins with is compared with what is known, and
 * whatever lies between is read.
 */
export class RedisView implements LogReader {
  readonly streamId: string
  readonly principal: string | undefined
  readonly #input: RedisViewInput
  readonly #epoch: string
  readonly #pages: RedisPages
  readonly #subscribers = new Set<LogSubscriber>()
  #tail: MemoryRecords
  #firstSeq: number
  #bytes: number
  #end: LogRecord | undefined
  /** Set while somebody reads. */
  #leave: (() => void) | undefined
  #looking: Promise<void> | undefined
  #mustLook = false
  /** Since when Redis does not know the stream. */
  #missingSince: number | undefined

  constructor(input: RedisViewInput) {
    const { streamId, sight, store } = input
    this.#input = input
    this.streamId = streamId
    this.principal = sight.principal
    this.#epoch = sight.epoch
    this.#firstSeq = sight.firstSeq
    this.#bytes = sight.bytes
    this.#pages = new RedisPages((seq) => store.read(streamId, seq))
    const [first] = sight.records
    this.#tail = this.#tailAfter(first === undefined ? sight.lastSeq : first.seq - 1)
    if (first === undefined) this.#end = sight.end
    this.#onSight(sight)
  }

  get firstSeq(): number {
    return this.#firstSeq
  }

  get lastSeq(): number {
    return this.#tail.lastSeq
  }

  get ended(): boolean {
    return this.#end !== undefined
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The producer hands a record to its own readers before Redis has it. */
  get mayLag(): boolean {
    return !this.ended
  }

  at(seq: number): LogRecord | undefined {
    return seq === this.#end?.seq ? this.#end : this.#tail.at(seq)
  }

  load(seq: number): MaybePromise<readonly LogRecord[]> {
    return seq >= this.#tail.firstSeq ? this.#tail.load(seq) : this.#pages.load(seq)
  }

  bytesAfter(seq: number): number {
    return this.#tail.bytesAfter(seq)
  }

  subscribe(subscriber: LogSubscriber): () => void {
    this.#subscribers.add(subscriber)
    if (this.#leave === undefined && !this.ended) this.#goLive()
    return () => {
      this.#subscribers.delete(subscriber)
      if (this.#subscribers.size === 0) this.#goIdle()
    }
  }

  async readers(): Promise<number> {
    const here = this.#subscribers.size
    // As far as they are known: now only those of this process are.
    const elsewhere = await this.#input.store.readers(this.streamId).catch(() => 0)
    return here + elsewhere
  }

  /** Whether somebody reads what still goes on: then it is as new as messages are. */
  get isLive(): boolean {
    return this.#leave !== undefined
  }

  /**
   * Looks what there is in Redis, for somebody who opens the stream.
   *
   * @returns whether it is still there
   */
  async refresh(): Promise<boolean> {
    if (!this.ended) await this.look()
    if (!this.ended) return this.#missingSince === undefined
    const options = { after: this.lastSeq, readers: undefined }
    const sight = await this.#input.store.look(this.streamId, options)
    return sight?.epoch === this.#epoch
  }

  /** Looks what there is in Redis, and tells those who read. One look at a time. */
  look(): Promise<void> {
    if (this.ended) return Promise.resolve()
    this.#mustLook = true
    this.#looking ??= this.#lookOn()
    return this.#looking
  }

  /** A look that nobody waits for. */
  lookSoon(): void {
    // Where Redis is away the calls have said so, and one who reads looks again at the next interval.
    this.look().catch(() => undefined)
  }

  async #lookOn(): Promise<void> {
    const { store } = this.#input
    try {
      while (this.#mustLook && !this.ended) {
        this.#mustLook = false
        const readers = this.isLive ? this.#subscribers.size : undefined
        const sight = await store.look(this.streamId, { after: this.lastSeq, readers })
        if (sight === undefined) await this.#onMissing()
        else if (sight.epoch !== this.#epoch) this.#endHere(producerLost(0))
        else this.#onSight(sight)
      }
    } finally {
      // In the same step as the last look at `#mustLook`: who asks from here on starts anew.
      this.#looking = undefined
    }
  }

  #goLive(): void {
    const { store, channels, onLive } = this.#input
    this.#leave = channels.join(store.channelOf(this.streamId), {
      onMessage: (message) => this.#onMessage(message),
      onJoined: () => this.lookSoon(),
    })
    onLive(this)
  }

  #goIdle(): void {
    if (this.#leave === undefined) return
    this.#leave()
    this.#leave = undefined
    const { store, onIdle } = this.#input
    onIdle(this)
    // Else it is forgotten a lease later.
    if (!this.ended) store.leave(this.streamId).catch(() => undefined)
  }

  #onMessage(message: string): void {
    const batch = decodeBatch(message)
    if (batch === undefined || batch.records[0]!.seq > this.lastSeq + 1) return this.lookSoon()
    const { firstSeq, bytes, records } = batch
    this.#firstSeq = Math.max(this.#firstSeq, firstSeq)
    for (const record of records) this.#add(record)
    if (this.lastSeq === records.at(-1)!.seq) this.#bytes = bytes
  }

  #onSight({ firstSeq, lastSeq, bytes, end, records }: Sight): void {
    this.#missingSince = undefined
    this.#firstSeq = Math.max(this.#firstSeq, firstSeq)
    for (const record of records) this.#add(record)
    // They are in Redis, or were, but not worth holding.
    if (records.length === 0 && this.lastSeq < lastSeq) this.#skipTo(lastSeq, end)
    // Redis has lost what is known here, and then the producer.
    if (end !== undefined && this.lastSeq >= end.seq && !this.ended) this.#endHere(end)
    if (this.lastSeq === lastSeq) this.#bytes = bytes
    // There was more than one page.
    if (this.lastSeq < lastSeq) this.#mustLook = true
  }

  /** A producer that is alive makes its stream anew once it finds out; one that is dead does not. */
  async #onMissing(): Promise<void> {
    const { clock, store, leaseMs } = this.#input
    this.#missingSince ??= clock.now()
    if (clock.now() - this.#missingSince < leaseMs || !this.isLive) return
    const { streamId, principal } = this
    await store.bury(streamId, { epoch: this.#epoch, seq: this.lastSeq + 1, principal })
    this.#mustLook = true
  }

  #endHere(end: LogRecord): void {
    this.#add({ ...end, seq: this.lastSeq + 1 })
  }

  #skipTo(lastSeq: number, end: LogRecord | undefined): void {
    this.#tail = this.#tailAfter(lastSeq)
    if (end !== undefined) this.#end = end
    this.#announce()
  }

  #add(record: LogRecord): void {
    if (record.seq <= this.lastSeq || this.ended) return
    // Those between are lost.
    if (record.seq > this.lastSeq + 1) this.#tail = this.#tailAfter(record.seq - 1)
    // All but the newest may be dropped.
    this.#tail.passed(this.lastSeq)
    this.#bytes += this.#tail.append(record)
    if (isTerminal(record)) this.#end = record
    this.#announce()
  }

  #announce(): void {
    if (this.ended) this.#goIdle()
    for (const subscriber of this.#subscribers) subscriber.onAppend()
  }

  #tailAfter(seq: number): MemoryRecords {
    return new MemoryRecords(this.streamId, this.principal, TAIL_BYTES, () => {}, seq)
  }
}
