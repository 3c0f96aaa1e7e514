import type { LogRecord } from '../wire/record.ts'
import type { MaybePromise } from './log.ts'

interface Page {
  /** What was asked for: the records before the first one here are lost. */
  readonly from: number
  readonly lastSeq: number
  readonly records: readonly LogRecord[]
}

/** About 1 MiB for a stream that is read far behind its end. */
const PAGES = 4

/**
 * Reads what is not in memory, once for all readers of a stream that want it at the same time: when
 * they all come back after a deploy, for example. Records never change, so a page stays true.
 */
export class RedisPages {
  readonly #read: (seq: number) => Promise<readonly LogRecord[]>
  /** The one used last comes last. */
  readonly #pages = new Set<Page>()
  #reading: Promise<unknown> | undefined

  constructor(read: (seq: number) => Promise<readonly LogRecord[]>) {
    this.#read = read
  }

  /** The records from `seq` on, at least one; empty when nothing is left. */
  load(seq: number): MaybePromise<readonly LogRecord[]> {
    return this.#find(seq) ?? this.#fetch(seq)
  }

  async #fetch(seq: number): Promise<readonly LogRecord[]> {
    // One at a time: what another reader waits for is often the same page.
    while (this.#reading !== undefined) {
      await this.#reading
      const found = this.#find(seq)
      if (found !== undefined) return found
    }
    const reading = this.#read(seq)
    this.#reading = reading
    try {
      return this.#keep(seq, await reading)
    } finally {
      this.#reading = undefined
    }
  }

  #keep(from: number, records: readonly LogRecord[]): readonly LogRecord[] {
    const last = records.at(-1)
    if (last === undefined) return records
    this.#pages.add({ from, lastSeq: last.seq, records })
    const [oldest] = this.#pages
    if (this.#pages.size > PAGES) this.#pages.delete(oldest!)
    return records
  }

  #find(seq: number): readonly LogRecord[] | undefined {
    for (const page of this.#pages) {
      if (seq < page.from || seq > page.lastSeq) continue
      this.#pages.delete(page)
      this.#pages.add(page)
      if (seq === page.from) return page.records
      return page.records.slice(page.records.findIndex((record) => record.seq >= seq))
    }
    return undefined
  }
}
