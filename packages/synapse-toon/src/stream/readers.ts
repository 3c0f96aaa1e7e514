/** One connection, as far as a producer needs to know. */
export interface StreamReader {
  /** Whether the source must wait for this reader now; changes are told to `Readers.changed`. */
  readonly holdsBack: boolean
}

/**
 * Who reads a stream in this process, and whether its producer should go on.
 *
 * It should while at least one reader has room, and while what nobody has read yet fits the log:
 * producing further would drop records that a client may still come back for.
 */
export class Readers {
  readonly #readers = new Set<StreamReader>()
  /** Readers that hold back, counted so that a chunk costs no walk over all of them. */
  #holding = 0
  /** Furthest position that any reader has passed on. */
  #furthest = 0
  #onRoom: (() => void) | undefined

  get size(): number {
    return this.#readers.size
  }

  get furthest(): number {
    return this.#furthest
  }

  get allHoldBack(): boolean {
    return this.#readers.size > 0 && this.#holding === this.#readers.size
  }

  add(reader: StreamReader): void {
    this.#readers.add(reader)
    if (reader.holdsBack) this.#holding++
    this.#wake()
  }

  /** @returns whether it was there */
  remove(reader: StreamReader): boolean {
    if (!this.#readers.delete(reader)) return false
    if (reader.holdsBack) this.#holding--
    this.#wake()
    return true
  }

  /** `reader.holdsBack` has just become the other value. */
  changed(reader: StreamReader): void {
    if (!this.#readers.has(reader)) return
    if (reader.holdsBack) this.#holding++
    else {
      this.#holding--
      this.#wake()
    }
  }

  /** A reader has passed on everything up to `seq`. */
  passed(seq: number): void {
    if (seq <= this.#furthest) return
    this.#furthest = seq
    this.#wake()
  }

  /** Settles at the next change that may have made room. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }

  /** Lets a waiting producer look again, for example because its stream ended. */
  release(): void {
    this.#wake()
  }

  #wake(): void {
    const onRoom = this.#onRoom
    this.#onRoom = undefined
    onRoom?.()
  }
}
