import type { Clock } from '../time/clock.ts'
import { LevelClaims } from './level-claims.ts'
import { recordKeysOf, type StreamEntry, streamKey, streamWrite } from './level-keys.ts'
import { LevelProducer } from './level-producer.ts'
import { type EndedStream, openEnded } from './level-reader.ts'
import { type EndedEntry, endLost, type Recovered, recover } from './level-recovery.ts'
import type { LevelStore } from './level-store.ts'
import type { CreateOptions, LogReader, LogWriter, StreamLog } from './log.ts'
import { LogAwayError } from './log-away-error.ts'
import { StreamExistsError } from './memory.ts'
import { timeLimit } from './time-limit.ts'

export interface LevelLogSettings {
  readonly maxBytes: number
  readonly maxTotalBytes: number
  readonly keepFor: number
  readonly outageFor: number
  readonly clock: Clock
  /** Time of day, ms since 1970: unlike that of a clock, it means something after a restart. */
  readonly today: () => number
}

/** What an ended stream takes in the store beside its records, in bytes, about. */
const ENTRY_BYTES = 512

/** Expired streams are deleted at least this often, in ms, and at most. Nobody is given one. */
const SWEEP_MAX_MS = 600_000
const SWEEP_MIN_MS = 1_000

/**
 * Deleted bytes after which LevelDB is asked to give their room back to the disk, and the same as a
 * part of all bytes: the files are never much larger than they may be.
 */
const COMPACT_BYTES = 32 * 1024 * 1024
const COMPACT_PART = 1 / 8

/** Most time that `close` gives a disk to store what is left, in ms. */
const CLOSE_MS = 5_000

/** Streams of one process on its disk: those that run in memory too, of those that ended an entry. */
export class LevelLog implements StreamLog {
  readonly shared = false
  readonly #settings: LevelLogSettings
  readonly #store: LevelStore
  readonly #claims: LevelClaims
  #lastNumber: number
  /** Ids that are being created. */
  readonly #creating = new Set<string>()
  /** Streams that this process produces, until their end is stored. */
  readonly #producers = new Map<string, LevelProducer>()
  /** Streams that were given up because the disk was away: they have no end in the store yet. */
  readonly #lost = new Map<string, StreamEntry>()
  readonly #endingLost = new Map<string, Promise<void>>()
  /** In the order they ended. */
  readonly #ended = new Map<string, EndedStream>()
  #totalBytes = 0
  #cancelSweep: (() => void) | undefined
  /** Deletes what was forgotten, one after the other: threads are few, and others wait for them. */
  #deleting: Promise<unknown> = Promise.resolve()
  #deletedBytes = 0
  #closing: Promise<void> | undefined

  private constructor(store: LevelStore, recovered: Recovered, settings: LevelLogSettings) {
    this.#store = store
    this.#settings = settings
    this.#claims = new LevelClaims(store)
    this.#lastNumber = recovered.lastNumber
    const streams = [...recovered.streams].sort(([, a], [, b]) => a.end.at - b.end.at)
    for (const [streamId, entry] of streams) this.#addEnded(streamId, entry)
    this.#evict()
    this.#sweep()
  }

  /** Ends what nobody produces any more. */
  static async open(store: LevelStore, settings: LevelLogSettings): Promise<LevelLog> {
    return new LevelLog(store, await recover(store, settings.today()), settings)
  }

  async create(streamId: string, { principal, maxBytes }: CreateOptions): Promise<LogWriter> {
    if (this.#isKnown(streamId)) throw new StreamExistsError(streamId)
    const { clock, outageFor, today, maxBytes: most } = this.#settings
    this.#lastNumber++
    const entry: StreamEntry = {
      number: this.#lastNumber,
      principal,
      firstSeq: 1,
      droppedBytes: 0,
    }
    this.#creating.add(streamId)
    try {
      await this.#orAway(this.#store.write([streamWrite(streamId, entry)]))
    } finally {
      this.#creating.delete(streamId)
    }
    const producer = new LevelProducer({
      ...{ streamId, entry, store: this.#store, clock, outageFor, today },
      maxBytes: Math.min(maxBytes ?? most, most),
      onStored: (difference) => this.#onStored(difference),
      onDone: () => this.#onDone(streamId, producer),
    })
    this.#producers.set(streamId, producer)
    return producer.writer
  }

  open(streamId: string): LogReader | Promise<LogReader | undefined> | undefined {
    const producer = this.#producers.get(streamId)
    if (producer !== undefined) return producer.writer
    return this.#isKnown(streamId) ? this.#openEnded(streamId) : undefined
  }

  cancel(streamId: string): void {
    this.#producers.get(streamId)?.writer.cancel()
  }

  claim(name: string, value: string, keepFor: number): Promise<string> {
    return this.#orAway(this.#claims.claim(name, value, keepFor, this.#settings.today()))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** As if the process were killed, for tests. */
  async kill(): Promise<void> {
    this.#cancelSweep?.()
    this.#closing = this.#store.kill()
    await this.#closing
  }

  async #openEnded(streamId: string): Promise<LogReader | undefined> {
    if (this.#lost.has(streamId)) await this.#orAway(this.#endLost(streamId))
    const stream = this.#ended.get(streamId)
    // Being created, or evicted while its end was stored.
    if (stream === undefined) return undefined
    return this.#orAway(openEnded(this.#store, stream))
  }

  #isKnown(streamId: string): boolean {
    if (this.#producers.has(streamId) || this.#creating.has(streamId)) return true
    if (this.#lost.has(streamId)) return true
    const stream = this.#ended.get(streamId)
    if (stream === undefined) return false
    if (!this.#isExpired(stream)) return true
    this.#forget([stream])
    return false
  }

  #isExpired({ endedAt }: EndedStream): boolean {
    return endedAt + this.#settings.keepFor <= this.#settings.today()
  }

  #onStored(difference: number): void {
    this.#totalBytes += difference
    if (difference > 0) this.#evict()
  }

  #onDone(streamId: string, producer: LevelProducer): void {
    const { entry, bytes } = producer
    this.#producers.delete(streamId)
    this.#totalBytes -= bytes
    if (entry.end === undefined) this.#lost.set(streamId, entry)
    else this.#addEnded(streamId, { ...entry, end: entry.end })
    this.#evict(streamId)
  }

  #addEnded(streamId: string, { number, droppedBytes, end }: EndedEntry): void {
    const bytes = end.bytes - droppedBytes + ENTRY_BYTES
    // A clock that was wrong is not to keep a stream for ever.
    const endedAt = Math.min(end.at, this.#settings.today())
    this.#ended.set(streamId, {
      ...{ streamId, number, lastSeq: end.lastSeq, bytes, endedAt },
      readers: 0,
    })
    this.#totalBytes += bytes
    if (this.#ended.size === 1) this.#scheduleSweep()
  }

  /** Makes room: the streams that ended first go first, those that run never. */
  #evict(except?: string): void {
    const { maxTotalBytes } = this.#settings
    const evicted: EndedStream[] = []
    let bytes = this.#totalBytes
    for (const stream of this.#ended.values()) {
      if (bytes <= maxTotalBytes) break
      if (stream.streamId === except) continue
      evicted.push(stream)
      bytes -= stream.bytes
    }
    this.#forget(evicted)
  }

  #sweep(): void {
    const expired: EndedStream[] = []
    for (const stream of this.#ended.values()) {
      if (!this.#isExpired(stream)) break
      expired.push(stream)
    }
    this.#forget(expired)
    this.#deleteInTurn(() => this.#claims.sweep(this.#settings.today()))
    for (const streamId of this.#lost.keys()) {
      this.#deleteInTurn(() => this.#endLost(streamId))
    }
    this.#scheduleSweep()
  }

  #scheduleSweep(): void {
    if (this.#closing !== undefined) return
    this.#cancelSweep?.()
    const { clock, keepFor, today } = this.#settings
    const [first] = this.#ended.values()
    const wait = first === undefined ? SWEEP_MAX_MS : first.endedAt + keepFor - today()
    const bounded = Math.min(Math.max(wait, SWEEP_MIN_MS), SWEEP_MAX_MS)
    this.#cancelSweep = clock.after(bounded, () => this.#sweep(), { keepAlive: false })
  }

  /** From now on nobody is given them; the disk follows. */
  #forget(streams: readonly EndedStream[]): void {
    if (streams.length === 0) return
    for (const { streamId, bytes } of streams) {
      this.#ended.delete(streamId)
      this.#totalBytes -= bytes
    }
    // At once, so that it comes before an entry of a new stream with one of these ids.
    const forgotten = this.#store.write(
      streams.map(({ streamId }) => [streamKey(streamId), undefined] as const),
    )
    // Its turn may come after it has failed.
    forgotten.catch(() => undefined)
    this.#deleteInTurn(async () => {
      await forgotten
      for (const [first, last] of rangesOf(streams)) {
        await this.#store.clear(recordKeysOf(first, last))
      }
      await this.#compact(streams)
    })
  }

  async #compact(streams: readonly EndedStream[]): Promise<void> {
    for (const { bytes } of streams) this.#deletedBytes += bytes
    const enough = Math.min(COMPACT_BYTES, this.#settings.maxTotalBytes * COMPACT_PART)
    if (this.#deletedBytes < enough || this.#closing !== undefined) return
    this.#deletedBytes = 0
    let oldest = this.#lastNumber
    for (const { number } of this.#ended.values()) oldest = Math.min(oldest, number)
    await this.#store.compact(recordKeysOf(0, oldest))
  }

  /** Where the store is away it has said so: what stays in it goes when it is opened again. */
  #deleteInTurn(step: () => Promise<unknown>): void {
    this.#deleting = this.#deleting.then(step).catch(() => undefined)
  }

  #endLost(streamId: string): Promise<void> {
    const known = this.#endingLost.get(streamId)
    if (known !== undefined) return known
    const ending = this.#endLostOnce(streamId).finally(() => this.#endingLost.delete(streamId))
    this.#endingLost.set(streamId, ending)
    return ending
  }

  async #endLostOnce(streamId: string): Promise<void> {
    const entry = this.#lost.get(streamId)
    if (entry === undefined) return
    const ended = await endLost(this.#store, streamId, entry, this.#settings.today())
    this.#lost.delete(streamId)
    this.#addEnded(streamId, ended)
  }

  async #orAway<Value>(step: Promise<Value>): Promise<Value> {
    try {
      return await step
    } catch (error) {
      throw new LogAwayError(error)
    }
  }

  async #close(): Promise<void> {
    this.#cancelSweep?.()
    const { clock } = this.#settings
    const writers = Array.from(this.#producers.values(), ({ writer }) => writer)
    const limit = timeLimit(clock, CLOSE_MS, { keepAlive: true })
    // A disk that is away has been warned of; what it does not take is lost, as by a crash.
    await limit.race(Promise.all(writers.map((writer) => writer.flushed()))).catch(() => undefined)
    limit.clear()
    for (const writer of writers) writer.lose()
    await this.#deleting
    await this.#store.close()
  }
}

/** Numbers of streams, those that follow each other together. */
function rangesOf(streams: readonly EndedStream[]): [first: number, last: number][] {
  const ranges: [number, number][] = []
  for (const number of streams.map((stream) => stream.number).sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range !== undefined && number === range[1] + 1) range[1] = number
    else ranges.push([number, number])
  }
  return ranges
}
