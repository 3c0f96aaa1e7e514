import { Buffer } from 'node:buffer'

/** Bytes of the first part, and of the largest that is made for several texts. */
const FIRST_BYTES = 512
const MOST_BYTES = 16_384

/**
 * Texts one behind the other, as UTF-8 outside the heap: what is kept for minutes and may never be read
 * again. As strings they would be copied by the garbage collector, twice each, while all streams wait.
 *
 * Addressed by bytes from the start of the tape. A text is read by the addresses of its two ends.
 */
export class TextTape {
  /** The last of `#parts`, which each text is asked to fit in, and its address. */
  #last: Buffer | undefined
  #lastStart = 0
  #parts: Buffer[] = []
  /** Address of the first byte of each part. */
  #starts: number[] = []
  #end = 0

  /** Address behind the last text. */
  get end(): number {
    return this.#end
  }

  /** @param bytes of the text, in UTF-8 */
  append(text: string, bytes: number): void {
    let part = this.#last
    if (part === undefined || this.#end - this.#lastStart + bytes > part.length) {
      part = this.#grow(part, bytes)
    }
    const at = this.#end - this.#lastStart
    // ASCII needs no encoder.
    part.write(text, at, bytes, bytes === text.length ? 'latin1' : 'utf8')
    this.#end += bytes
  }

  /** The text between two addresses: one that was appended, and is not dropped. */
  read(from: number, to: number): string {
    let index = this.#starts.length - 1
    while (this.#starts[index]! > from) index--
    const start = this.#starts[index]!
    return this.#parts[index]!.toString('utf8', from - start, to - start)
  }

  /** Lets go of what is before an address, as far as whole parts are. */
  dropBefore(address: number): void {
    while (this.#starts.length > 1 && this.#starts[1]! <= address) {
      this.#starts.shift()
      this.#parts.shift()
    }
  }

  #grow(before: Buffer | undefined, bytes: number): Buffer {
    const usual = before === undefined ? FIRST_BYTES : Math.min(2 * before.length, MOST_BYTES)
    // Not of the pool, of which the smallest text would hold 8 KiB.
    const part = Buffer.allocUnsafeSlow(Math.max(usual, bytes))
    this.#parts.push(part)
    this.#starts.push(this.#end)
    this.#last = part
    this.#lastStart = this.#end
    return part
  }
}
