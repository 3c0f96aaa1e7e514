import { SmallSet } from '../small-set.ts'

/** One connection, as far as a producer needs to know. */
export interface StreamReader {
  /** Whether the source must wait for this reader now; changes are told to `Readers.changed`. */
  readonly holdsBack: boolean
}

/**
 * Who reads a stream in this process, and whether they all make its producer wait.
 */
export class Readers {
  readonly #readers = new SmallSet<StreamReader>()
  /** Readers that hold back, counted so that a chunk costs no walk over all of them. */
  #holding = 0
  #onRoom: (() => void) | undefined
  /** Changes with `add`, `remove` and `changed` only. */
  allHoldBack = false

  get size(): number {
    return this.#readers.size
  }

  add(reader: StreamReader): void {
    this.#readers.add(reader)
    if (reader.holdsBack) this.#holding++
    this.#count()
  }

  /** @returns whether it was there */
  remove(reader: StreamReader): boolean {
    if (!this.#readers.delete(reader)) return false
    if (reader.holdsBack) this.#holding--
    this.#count()
    return true
  }

  /** `reader.holdsBack` has just become the other value. */
  changed(reader: StreamReader): void {
    if (!this.#readers.has(reader)) return
    this.#holding += reader.holdsBack ? 1 : -1
    this.#count()
  }

  #count(): void {
    const { size } = this.#readers
    this.allHoldBack = size > 0 && this.#holding === size
    if (!this.allHoldBack) this.wake()
  }

  /** Settles at the next change that may have made room. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }

  /** Lets a waiting producer look again. */
  wake(): void {
    const onRoom = this.#onRoom
    this.#onRoom = undefined
    onRoom?.()
  }
}
