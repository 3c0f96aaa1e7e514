/** First size of the buffer, in bytes: holds a usual event, so that most streams never grow it. */
const INITIAL_CAPACITY = 1024

/** A buffer that one huge line made larger than this is let go after it, in bytes. */
const KEPT_CAPACITY = 65_536

/**
 * Gathers the bytes of an unfinished line over many reads.
 *
 * The buffer doubles when it is full, so a line of n bytes costs at most 3n copied bytes however
 * it is cut. Joining strings or arrays per read copies n² / 2 for one-byte reads: a 256 KiB line
 * took one SDK 178 s. `copied` counts, so that a test can hold the bound without a clock.
 */
export class ByteQueue {
  #bytes = new Uint8Array(INITIAL_CAPACITY)
  #length = 0
  /** Bytes moved so far, growing included. */
  copied = 0

  get length(): number {
    return this.#length
  }

  push(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > this.#bytes.length) this.#grow(needed)
    this.#bytes.set(chunk, this.#length)
    this.copied += chunk.length
    this.#length = needed
  }

  /** The gathered bytes, valid until the next `push`; the queue is empty afterwards. */
  take(): Uint8Array {
    const view = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    if (this.#bytes.length > KEPT_CAPACITY) this.#bytes = new Uint8Array(INITIAL_CAPACITY)
    return view
  }

  #grow(needed: number): void {
    let capacity = this.#bytes.length
    while (capacity < needed) capacity *= 2
    const bytes = new Uint8Array(capacity)
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.copied += this.#length
    this.#bytes = bytes
  }
}
