import { SmallSet } from '../small-set.ts'
import type { LogRecord } from '../wire/record.ts'
import type { OnAppend, WriterEvents } from './log.ts'

/** What all records in memory have in common: whose they are, and who is told of them. */
export abstract class HeldRecords {
  readonly streamId: string
  readonly principal: string | undefined
  readonly maxBytes: number
  readonly mayLag = false
  abstract readonly ended: boolean
  readonly #subscribers = new SmallSet<OnAppend>()
  #events: WriterEvents | undefined

  constructor(streamId: string, principal: string | undefined, maxBytes: number) {
    this.streamId = streamId
    this.principal = principal
    this.maxBytes = maxBytes
  }

  listen(events: WriterEvents): void {
    this.#events = events
  }

  /** Tells the producer that somebody asked to stop. */
  cancel(): void {
    if (!this.ended) this.#events?.onCancel()
  }

  /** Nothing is kept elsewhere. */
  flushed(): void {}

  readers(): number {
    return this.#subscribers.size
  }

  subscribe(onAppend: OnAppend): () => void {
    this.#subscribers.add(onAppend)
    return () => this.#subscribers.delete(onAppend)
  }

  protected tell(record: LogRecord): void {
    const { only, all } = this.#subscribers
    if (only !== undefined) only(record)
    else if (all !== undefined) for (const onAppend of all) onAppend(record)
  }
}
