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
  #lastSeq = 0
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Position of the oldest record that is kept. */
  get firstSeq(): number {
    return this.#dropped.seq + 1
  }

  /** Of all records before it. */
  get droppedBytes(): number {
    return this.#dropped.bytes
  }

  /** @param bytes of all records up to and with `seq` */
  add(seq: number, bytes: number): void {
    this.#lastSeq = seq
    this.#bytes = bytes
    const before = this.#entries.at(-1) ?? this.#dropped
    if (bytes - before.bytes >= this.#maxBytes / ENTRIES) this.#entries.push({ seq, bytes })
  }

  /** Bytes of the records behind a position that is not behind `seq`: at least those behind `seq`. */
  bytesBehind(seq: number): number {
    const entry = this.#entries.findLast((one) => one.seq <= seq) ?? this.#dropped
    return this.#bytes - entry.bytes
  }

  /** Bytes of the kept records behind a position from `seq` on: at most those behind `seq`. */
  leastBehind(seq: number): number {
    if (seq <= this.#dropped.seq) return this.#bytes - this.#dropped.bytes
    const entry = this.#entries.find((one) => one.seq >= seq)
    return entry === undefined ? 0 : this.#bytes - entry.bytes
  }

  /**
   * Drops the oldest as long as there is more than fits, but none behind `droppable`, and never the
   * newest.
   */
  trim(droppable: number): void {
    let count = 0
    for (const entry of this.#entries) {
      const fits = this.#bytes - this.#dropped.bytes <= this.#maxBytes
      if (fits || entry.seq > droppable || entry.seq === this.#lastSeq) break
      this.#dropped = entry
      count++
    }
    this.#entries.splice(0, count)
  }
}
