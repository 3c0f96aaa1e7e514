/** Entries per bound: what is dropped together is at most this part of it. */
const ENTRIES = 64

interface Entry {
  readonly seq: number
  /** Of all records up to and with `seq`. */
  readonly bytes: number
}

/**
 * How many bytes the records of a stream take up to some of their positions: enough to know which
 * to drop, without a number for each record.
 */
export class ByteIndex {
  readonly #maxBytes: number
  /** Both rising. */
  readonly #entries: Entry[] = []
  #dropped: Entry = { seq: 0, bytes: 0 }
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Position of the oldest record that is kept. */
  get firstSeq(): number {
    return this.#dropped.seq + 1
  }

  /** @param bytes of all records up to and with `seq` */
  add(seq: number, bytes: number): void {
    this.#bytes = bytes
    const last = this.#entries.at(-1) ?? this.#dropped
    if (bytes - last.bytes >= this.#maxBytes / ENTRIES) this.#entries.push({ seq, bytes })
  }

  /** Bytes of the records behind a position that is not behind `seq`: at least those behind `seq`. */
  bytesBehind(seq: number): number {
    const entry = this.#entries.findLast((one) => one.seq <= seq) ?? this.#dropped
    return this.#bytes - entry.bytes
  }

  /** Drops the oldest as long as there is more than fits, but none behind `droppable`. */
  trim(droppable: number): void {
    let count = 0
    for (const entry of this.#entries) {
      if (entry.seq > droppable || this.#bytes - this.#dropped.bytes <= this.#maxBytes) break
      this.#dropped = entry
      count++
    }
    this.#entries.splice(0, count)
  }
}
