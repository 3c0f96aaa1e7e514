import type { Clock } from '../time/clock.ts'
import type { Batch, Stored } from './batch.ts'
import { DurableWriter } from './durable-writer.ts'
import type { CreateOptions } from './log.ts'
import { StreamExistsError } from './memory.ts'
import { RedisPages } from './redis-pages.ts'
import type { Answer, RedisStore } from './redis-store.ts'

export interface RedisProducerInput {
  readonly streamId: string
  readonly options: CreateOptions
  readonly maxBytes: number
  readonly store: RedisStore
  readonly clock: Clock
  readonly outageFor: number
  /** Nothing more will be stored: the log may forget it. */
  readonly onDone: () => void
  /** Redis had forgotten the stream, or some of it. */
  readonly onForgotten: () => void
}

/** A stream that this process produces: its writer, and its right to write. */
export class RedisProducer {
  readonly writer: DurableWriter
  readonly #input: RedisProducerInput
  readonly #epoch: string
  /** Redis's time when it last knew the stream as ours. */
  #knownAt: number
  #isAsked = false
  #isRenewing = false

  private constructor(input: RedisProducerInput, epoch: string, now: number) {
    const { streamId, options, maxBytes, store, clock, outageFor, onDone } = input
    const pages = new RedisPages((seq) => store.read(streamId, seq))
    this.#input = input
    this.#epoch = epoch
    this.#knownAt = now
    this.writer = new DurableWriter({
      streamId,
      principal: options.principal,
      maxBytes: Math.min(options.maxBytes ?? maxBytes, maxBytes),
      shared: true,
      clock,
      store: (batch) => this.#store(batch),
      load: (seq) => pages.load(seq),
      readers: (here) => this.#readers(here),
      onDone,
      // The calls say so, once for all streams.
      onAway: () => {},
      outageFor,
    })
  }

  /** @throws {StreamExistsError} @throws {LogAwayError} */
  static async create(input: RedisProducerInput): Promise<RedisProducer> {
    const { streamId, options, store } = input
    const epoch = globalThis.crypto.randomUUID()
    const now = await store.create(streamId, epoch, options.principal)
    if (now === undefined) throw new StreamExistsError(streamId)
    return new RedisProducer(input, epoch, now)
  }

  /** Says that it is alive, and hears whether it is to stop. Asked meanwhile, it does so again. */
  renew(): void {
    this.#isAsked = true
    if (!this.#isRenewing) void this.#renewOn()
  }

  /** Lets the lease go: nothing more will come. */
  async release(): Promise<void> {
    await this.#input.store.release(this.writer.streamId, this.#epoch)
  }

  async #renewOn(): Promise<void> {
    const { writer } = this
    this.#isRenewing = true
    while (this.#isAsked && !writer.isOver) {
      this.#isAsked = false
      // Where Redis is away the calls have said so, and the next renewal comes in time.
      const stored = await this.#renewOnce().catch(() => undefined)
      if (stored === undefined) break
      if (stored === 'lost') writer.lose()
      else {
        writer.rewind(stored.lastSeq)
        if (stored.cancelled) writer.cancel()
      }
    }
    this.#isRenewing = false
  }

  async #renewOnce(): Promise<Stored | 'lost'> {
    const { streamId, subscribers } = this.writer
    return this.#heard(await this.#input.store.renew(streamId, this.#epoch, subscribers))
  }

  async #store(batch: Batch): Promise<Stored | 'lost'> {
    return this.#heard(await this.#input.store.append(this.#input.streamId, this.#epoch, batch))
  }

  async #heard(answer: Answer): Promise<Stored | 'lost'> {
    if (answer.state === 'lost') return 'lost'
    if (answer.state === 'gone')
      return (await this.#isMadeAnew(answer.now)) ? { lastSeq: 0 } : 'lost'
    this.#knownAt = answer.now
    return answer
  }

  /**
   * Redis has lost the stream: it is given all that the writer still holds. But one that was not
   * heard of for so long may have been ended elsewhere, and that forgotten too.
   */
  async #isMadeAnew(now: number): Promise<boolean> {
    const { streamId, options, store, onForgotten } = this.#input
    if (now - this.#knownAt >= store.rememberedFor) return false
    const madeAt = await store.create(streamId, this.#epoch, options.principal)
    if (madeAt === undefined) return false
    this.#knownAt = madeAt
    onForgotten()
    return true
  }

  async #readers(here: number): Promise<number> {
    // As far as they are known: now only those of this process are.
    return here + (await this.#input.store.readers(this.#input.streamId).catch(() => 0))
  }
}
