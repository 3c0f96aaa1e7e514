import { costOf } from './bit-writer.ts'
import { type CodeTable, FIXED_TABLE } from './code-table.ts'

/**
 * Share of a header's bits that another table must have saved to be worth its header, where codes
 * cost no header so far. Less than all of it: a stream that has come so far mostly goes on.
 */
const PAYBACK = 0.4
/** The same where the codes in use were paid for. */
const PAYBACK_LATER = 1
/** In a block with trained codes only one flush in so many is weighed, and counts for all of them. */
const SAMPLE = 32

/**
 * Decides by which table a stream goes on. For each other table it adds up the bits that it would
 * have saved lately; a change costs a header. It is rent or buy: who buys when the rent paid too
 * much reaches the price never pays more than twice the least.
 */
export class TableChooser {
  readonly #tables: readonly CodeTable[]
  /** Bits that each table would have saved, since it was last no better than the one in use. */
  readonly #saved: number[]

  /**
   * Whether this flush of a stream is weighed. Asked of no object: most are not, and a stream's chooser
   * would not be in the processor's cache.
   *
   * @param current table of the open block; the fixed one where none is open
   * @param flushes of this stream so far
   */
  static weighs(current: CodeTable, flushes: number): boolean {
    return current === FIXED_TABLE || flushes % SAMPLE === 0
  }

  /** @param tables the first one is free: every decoder knows it */
  constructor(tables: readonly CodeTable[]) {
    this.#tables = tables
    this.#saved = tables.map(() => 0)
  }

  /**
   * Weighs what is to be written. Only for a flush that `weighs`.
   *
   * @param count of `TOKENS` that are to be written
   * @param current table of the open block; the first where none is open
   * @param mayTake bits that the tokens and a header may take together
   * @param goesOn whether the block stays open for what comes later
   */
  choose(count: number, current: CodeTable, mayTake: number, goesOn: boolean): CodeTable {
    const tables = this.#tables
    const isFree = current === tables[0]
    const weight = isFree ? 1 : SAMPLE
    const payback = isFree && goesOn ? PAYBACK : PAYBACK_LATER
    const spent = costOf(count, current)
    const saved = this.#saved
    let best = current
    let most = 0
    for (let i = 0; i < tables.length; i++) {
      const table = tables[i]!
      const cost = costOf(count, table)
      saved[i] = Math.max(0, saved[i]! + weight * (spent - cost))
      const gain = saved[i]! - payback * table.headerBits
      if (gain <= most || table.headerBits + cost > mayTake) continue
      best = table
      most = gain
    }
    // What comes must earn a header anew.
    if (best !== current || !goesOn) saved.fill(0)
    return best
  }
}
