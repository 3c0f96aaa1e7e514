import type { LogRecord } from '../wire/record.ts'
import type { OnAppend } from './log.ts'

/** Who reads one stream in this process. Nearly always one: that one costs no walk over a set. */
export class Subscribers {
  #only: OnAppend | undefined
  #all: Set<OnAppend> | undefined

  get size(): number {
    return this.#all?.size ?? (this.#only === undefined ? 0 : 1)
  }

  add(onAppend: OnAppend): () => void {
    if (this.#all === undefined && this.#only === undefined) this.#only = onAppend
    else {
      this.#all ??= new Set(this.#only && [this.#only])
      this.#only = undefined
      this.#all.add(onAppend)
    }
    return () => this.#remove(onAppend)
  }

  tell(record: LogRecord): void {
    if (this.#only !== undefined) this.#only(record)
    else if (this.#all !== undefined) for (const onAppend of this.#all) onAppend(record)
  }

  #remove(onAppend: OnAppend): void {
    if (this.#only === onAppend) this.#only = undefined
    this.#all?.delete(onAppend)
  }
}
