import { Buffer } from 'node:buffer'
import type { PlainAnswer, Sink, SinkEvents } from '../src/stream/sink.ts'
import { createEventStreamParser, type ParsedEvent } from '../src/wire/parser.ts'

/** A way to a client that takes bytes when it is told to, and writes down what it is given. */
export class FakeSink implements Sink {
  closed = false
  /** Headers of the commit; undefined while there was none. */
  committed: readonly (readonly [string, string])[] | undefined
  answered: PlainAnswer | undefined
  /** Each write as it came. */
  readonly writes: string[] = []
  /** Largest number of bytes that were unsent at once. */
  mostUnsent = 0
  ended = false
  destroyed = false
  #unsent = 0
  #taken = 0
  #events: SinkEvents | undefined
  readonly #takesAll: boolean
  readonly #highWaterMark: number

  /**
   * @param how.takesAll whether the network takes all at once, the default; else only with `take`
   * @param how.highWaterMark unsent bytes from which on `write` says that it wants no more
   */
  constructor({ takesAll = true, highWaterMark = 16_384 } = {}) {
    this.#takesAll = takesAll
    this.#highWaterMark = highWaterMark
  }

  listen(events: SinkEvents): void {
    this.#events = events
  }

  commit(headers: readonly (readonly [string, string])[]): void {
    this.committed = headers
  }

  answer(answer: PlainAnswer): void {
    this.answered = answer
    this.close(true)
  }

  write(text: string, bytes: number): boolean {
    if (bytes !== Buffer.byteLength(text)) throw new Error(`${bytes} bytes said of ${text}`)
    this.writes.push(text)
    if (this.#takesAll) this.#taken += bytes
    else this.#unsent += bytes
    this.mostUnsent = Math.max(this.mostUnsent, this.#unsent)
    return this.#unsent < this.#highWaterMark
  }

  unsentBytes(): number {
    return this.#unsent
  }

  progress(): number {
    return this.#taken
  }

  end(): void {
    this.ended = true
    if (this.#unsent === 0) this.close(true)
  }

  destroy(): void {
    this.destroyed = true
    this.close(false)
  }

  /** The network takes some bytes. Default: all. */
  take(bytes = this.#unsent): void {
    const taken = Math.min(bytes, this.#unsent)
    if (taken === 0) return
    this.#unsent -= taken
    this.#taken += taken
    this.#events?.onDrain()
    if (this.ended && this.#unsent === 0) this.close(true)
  }

  /** The line is closed: default as by a client that left. */
  close(served = false): void {
    this.closed = true
    const events = this.#events
    this.#events = undefined
    events?.onClose(served)
  }

  /** All that was written. */
  get text(): string {
    return this.writes.join('')
  }

  /** What a client makes of it. */
  get events(): ParsedEvent[] {
    const events: ParsedEvent[] = []
    const parser = createEventStreamParser({ onEvent: (event) => events.push(event) })
    parser.feed(Buffer.from(this.text))
    return events
  }

  get payloads(): unknown[] {
    return this.events.filter(({ event }) => event === 'update').map(({ data }) => JSON.parse(data))
  }
}
