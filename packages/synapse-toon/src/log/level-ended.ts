import type { Clock } from '../time/clock.ts'
import { recordKeysOf, streamKey } from './level-keys.ts'
import type { EndedStream } from './level-reader.ts'
import type { EndedEntry } from './level-recovery.ts'
import type { LevelStore } from './level-store.ts'

export interface EndedStreamsInput {
  readonly store: LevelStore
  readonly maxTotalBytes: number
  readonly keepFor: number
  readonly clock: Clock
  /** Time of day, ms since 1970. */
  readonly today: () => number
  /** It is time to look whether anything else has expired. */
  readonly onSweep: () => void
}

/** What an ended stream takes in the store beside its records, in bytes, about. */
const ENTRY_BYTES = 512

/**
 * Expired streams are deleted within this time, in ms, where many expire together; and looked for
 * at least this often. None of them is given to anybody from the millisecond on that it expires.
 */
const SWEEP_MIN_MS = 1_000
const SWEEP_MAX_MS = 600_000

/**
 * Deleted bytes after which LevelDB is asked to give their room back to the disk, and the same as a
 * part of all bytes: the files are never much larger than they may be.
 */
const COMPACT_BYTES = 32 * 1024 * 1024
const COMPACT_PART = 1 / 8

/** Streams of a log that have ended, in the order they did: those that ended first go first. */
export class EndedStreams {
  readonly #input: EndedStreamsInput
  readonly #streams = new Map<string, EndedStream>()
  /** Of these streams, and of those that run. */
  #totalBytes = 0
  /** Since LevelDB was asked last to give room back. */
  #deletedBytes = 0
  #lastDeleted = 0
  #isCompacting = false
  #cancelSweep: (() => void) | undefined
  /** What is to be done to the store, one after the other: threads are few, and others wait. */
  #turns: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(input: EndedStreamsInput) {
    this.#input = input
  }

  /** Begins to delete what expires. */
  start(): void {
    this.#evict()
    this.#sweep()
  }

  /** One that has just ended is kept, even where it alone is more than may be. */
  add(streamId: string, { number, droppedBytes, end }: EndedEntry): void {
    const bytes = end.bytes - droppedBytes + ENTRY_BYTES
    // A clock that was wrong is not to keep a stream for ever.
    const endedAt = Math.min(end.at, this.#input.today())
    const { lastSeq } = end
    this.#streams.set(streamId, { streamId, number, lastSeq, bytes, endedAt, readers: 0 })
    this.#totalBytes += bytes
    // It is the first to expire where it is the only one.
    if (this.#streams.size === 1 && this.#cancelSweep !== undefined) this.#scheduleSweep()
    this.#evict(streamId)
  }

  get(streamId: string): EndedStream | undefined {
    const stream = this.#streams.get(streamId)
    if (stream === undefined || !this.#isExpired(stream)) return stream
    this.#forget([stream])
    return undefined
  }

  /** Streams that run take more or less room than before; they are counted, and never deleted. */
  countRunning(difference: number): void {
    this.#totalBytes += difference
    if (difference > 0) this.#evict()
  }

  /**
   * Does something to the store when what was begun before is done. Where the store is away, it has
   * said so: what is left behind goes when it is opened again.
   */
  inTurn(step: () => Promise<unknown>): void {
    this.#turns = this.#turns.then(step).catch(() => undefined)
  }

  stop(): void {
    this.#isClosed = true
    this.#cancelSweep?.()
  }

  /** Settles when what was begun is done. */
  async close(): Promise<void> {
    this.stop()
    await this.#turns
  }

  #isExpired({ endedAt }: EndedStream): boolean {
    return endedAt + this.#input.keepFor <= this.#input.today()
  }

  #evict(except?: string): void {
    const { maxTotalBytes } = this.#input
    const evicted: EndedStream[] = []
    let bytes = this.#totalBytes
    for (const stream of this.#streams.values()) {
      if (bytes <= maxTotalBytes) break
      if (stream.streamId === except) continue
      evicted.push(stream)
      bytes -= stream.bytes
    }
    this.#forget(evicted)
  }

  #sweep(): void {
    const expired: EndedStream[] = []
    for (const stream of this.#streams.values()) {
      if (!this.#isExpired(stream)) break
      expired.push(stream)
    }
    this.#forget(expired)
    this.#input.onSweep()
    this.#scheduleSweep()
  }

  #scheduleSweep(): void {
    if (this.#isClosed) return
    this.#cancelSweep?.()
    const { clock, keepFor, today } = this.#input
    const [first] = this.#streams.values()
    const wait = first === undefined ? SWEEP_MAX_MS : first.endedAt + keepFor - today()
    const bounded = Math.min(Math.max(wait, SWEEP_MIN_MS), SWEEP_MAX_MS)
    this.#cancelSweep = clock.after(bounded, () => this.#sweep(), { keepAlive: false })
  }

  /** From now on nobody is given them; the disk follows. */
  #forget(streams: readonly EndedStream[]): void {
    if (streams.length === 0) return
    for (const { streamId, bytes } of streams) {
      this.#streams.delete(streamId)
      this.#totalBytes -= bytes
    }
    const { store } = this.#input
    // At once, so that it comes before the entry of a new stream with one of these ids.
    const forgotten = store.write(streams.map(({ streamId }) => [streamKey(streamId), undefined]))
    // Its turn may come after it has failed.
    forgotten.catch(() => undefined)
    this.inTurn(async () => {
      await forgotten
      for (const [first, last] of rangesOf(streams)) await store.clear(recordKeysOf(first, last))
      for (const { number, bytes } of streams) {
        this.#deletedBytes += bytes
        this.#lastDeleted = Math.max(this.#lastDeleted, number)
      }
      this.#compact()
    })
  }

  /** Beside what else is done to the store: it takes long, and one at a time is enough. */
  #compact(): void {
    const { store, maxTotalBytes } = this.#input
    const enough = Math.min(COMPACT_BYTES, maxTotalBytes * COMPACT_PART)
    if (this.#deletedBytes < enough || this.#isCompacting || this.#isClosed) return
    this.#deletedBytes = 0
    this.#isCompacting = true
    const done = () => {
      this.#isCompacting = false
      this.#compact()
    }
    // Where it fails, nothing is lost but room, until the next one.
    store.compact(recordKeysOf(0, this.#lastDeleted)).then(done, done)
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
