import type { Clock } from '../time/clock.ts'
import { LevelClaims } from './level-claims.ts'
import { EndedStreams } from './level-ended.ts'
import { type StreamEntry, streamWrite } from './level-keys.ts'
import { LevelProducer } from './level-producer.ts'
import { openEnded } from './level-reader.ts'
import { endLost, type Recovered, recover } from './level-recovery.ts'
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
  readonly #ended: EndedStreams
  #closing: Promise<void> | undefined

  private constructor(store: LevelStore, recovered: Recovered, settings: LevelLogSettings) {
    this.#store = store
    this.#settings = settings
    this.#claims = new LevelClaims(store)
    this.#lastNumber = recovered.lastNumber
    this.#ended = new EndedStreams({ ...settings, store, onSweep: () => this.#onSweep() })
    const streams = [...recovered.streams].sort(([, a], [, b]) => a.end.at - b.end.at)
    for (const [streamId, entry] of streams) this.#ended.add(streamId, entry)
    this.#ended.start()
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
      onStored: (difference) => this.#ended.countRunning(difference),
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
    this.#ended.stop()
    this.#closing = this.#store.kill()
    await this.#closing
  }

  async #openEnded(streamId: string): Promise<LogReader | undefined> {
    if (this.#lost.has(streamId)) await this.#orAway(this.#endLost(streamId))
    const stream = this.#ended.get(streamId)
    // Being created, or expired while its end was stored.
    if (stream === undefined) return undefined
    return this.#orAway(openEnded(this.#store, stream))
  }

  #isKnown(streamId: string): boolean {
    if (this.#producers.has(streamId) || this.#creating.has(streamId)) return true
    return this.#lost.has(streamId) || this.#ended.get(streamId) !== undefined
  }

  #onDone(streamId: string, { entry, bytes }: LevelProducer): void {
    this.#producers.delete(streamId)
    this.#ended.countRunning(-bytes)
    if (entry.end === undefined) this.#lost.set(streamId, entry)
    else this.#ended.add(streamId, { ...entry, end: entry.end })
  }

  #onSweep(): void {
    this.#ended.inTurn(() => this.#claims.sweep(this.#settings.today()))
    for (const streamId of this.#lost.keys()) this.#ended.inTurn(() => this.#endLost(streamId))
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
    this.#ended.add(streamId, ended)
  }

  async #orAway<Value>(step: Promise<Value>): Promise<Value> {
    try {
      return await step
    } catch (error) {
      throw new LogAwayError(error)
    }
  }

  async #close(): Promise<void> {
    const { clock } = this.#settings
    this.#ended.stop()
    const writers = Array.from(this.#producers.values(), ({ writer }) => writer)
    const limit = timeLimit(clock, CLOSE_MS, { keepAlive: true })
    // A disk that is away has been warned of; what it does not take is lost, as by a crash.
    await limit.race(Promise.all(writers.map((writer) => writer.flushed()))).catch(() => undefined)
    limit.clear()
    for (const writer of writers) writer.lose()
    await this.#ended.close()
    await this.#store.close()
  }
}
