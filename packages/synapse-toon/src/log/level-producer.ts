import type { Clock } from '../time/clock.ts'
import { isTerminal } from '../wire/record.ts'
import type { Batch, Stored } from './batch.ts'
import { DurableWriter } from './durable-writer.ts'
import { blockWrites, recordKeys, type StreamEntry, streamWrite, type Write } from './level-keys.ts'
import { loadRecords } from './level-reader.ts'
import type { LevelStore } from './level-store.ts'

export interface LevelProducerInput {
  readonly streamId: string
  readonly entry: StreamEntry
  readonly maxBytes: number
  readonly store: LevelStore
  readonly clock: Clock
  readonly outageFor: number
  /** Time of day, ms since 1970. */
  readonly today: () => number
  /** It takes more or less room in the store than before. */
  readonly onStored: (difference: number) => void
  /** Nothing more will be stored. */
  readonly onDone: () => void
}

/** A stream that this process produces: its writer, and what is stored of it. */
export class LevelProducer {
  readonly writer: DurableWriter
  readonly #input: LevelProducerInput
  /** As it is stored. */
  entry: StreamEntry
  /** UTF-8 bytes of JSON of its records in the store. */
  bytes = 0

  constructor(input: LevelProducerInput) {
    const { streamId, entry, maxBytes, store, clock, outageFor, onDone } = input
    this.#input = input
    this.entry = entry
    this.writer = new DurableWriter({
      streamId,
      principal: entry.principal,
      maxBytes,
      shared: false,
      clock,
      outageFor,
      store: (batch) => this.#store(batch),
      load: (seq) => loadRecords(store, entry.number, Math.max(seq, this.entry.firstSeq)),
      onDone,
      // The store has said so, once for all streams.
      onAway: () => {},
    })
  }

  async #store(batch: Batch): Promise<Stored> {
    const { streamId, store, onStored } = this.#input
    const { records, bytes, firstSeq, droppedBytes } = batch
    const { number } = this.entry
    const last = records.at(-1)!
    const hasDropped = firstSeq > this.entry.firstSeq
    const writes: Write[] = blockWrites(number, records)
    let entry = this.entry
    if (hasDropped) entry = { ...entry, firstSeq, droppedBytes }
    if (isTerminal(last)) {
      entry = { ...entry, end: { lastSeq: last.seq, bytes, at: this.#input.today() } }
    }
    // In one write with the records: a crash leaves both or none.
    if (entry !== this.entry) writes.push(streamWrite(streamId, entry))
    await store.write(writes)
    this.entry = entry
    const before = this.bytes
    this.bytes = bytes - droppedBytes
    onStored(this.bytes - before)
    // Not waited for: what a crash leaves behind goes with the stream.
    if (hasDropped) store.clearLater(recordKeys(number, 0, firstSeq - 1))
    return { lastSeq: last.seq }
  }
}
