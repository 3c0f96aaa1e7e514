import { costOf } from './bit-writer.ts'
import { type CodeTable, FIXED_TABLE } from './code-table.ts'
import { TABLES } from './tables.ts'

/**
 * Share of a header's bits that another table must have saved to be worth its header, where codes
 * cost no header so far. Less than all of it: a stream that has come so far mostly goes on.
 */
const PAYBACK = 0.4
/** The same where the codes in use were paid for. */
const PAYBACK_LATER = 1
/** Flushes of a stream that are weighed each: mostly it is decided by then. */
const FIRST_FLUSHES = 8
/** Later only one flush in so many is weighed, and counts for all of them; in a block with trained codes: */
const SAMPLE = 8
const SAMPLE_OF_TRAINED = 32
/** The shortest header of a table that is not free. */
const LEAST_HEADER_BITS = Math.min(
  ...TABLES.filter((table) => table !== FIXED_TABLE).map(({ headerBits }) => headerBits),
)

/**
 * Decides by which table a stream goes on. For each other table it adds up the bits that it would
 * have saved lately; a change costs a header. It is rent or buy: who buys when the rent paid too
 * much reaches the price never pays more than twice the least.
 */
export class TableChooser {
  /** Bits that each table would have saved, since it was last no better than the one in use. */
  readonly #saved = TABLES.map(() => 0)

  /**
   * For how many flushes this one of a stream counts; 0: it is not weighed. Asked of no object: most are
   * not, and a stream's chooser would not be in the processor's cache.
   *
   * @param current table of the open block; the fixed one where none is open
   * @param flushes of this stream so far, with this one
   * @param goesOn whether the block stays open for what comes later
   */
  static weight(current: CodeTable, flushes: number, goesOn: boolean): number {
    if (current !== FIXED_TABLE) return flushes % SAMPLE_OF_TRAINED === 0 ? SAMPLE_OF_TRAINED : 0
    // A block that ends with its flush is chosen for that flush alone.
    if (flushes <= FIRST_FLUSHES || !goesOn) return 1
    return flushes % SAMPLE === 0 ? SAMPLE : 0
  }

  /**
   * Weighs what is to be written.
   *
   * @param weight of this flush, not 0
   * @param count of `TOKENS` that are to be written
   * @param current table of the open block; the fixed one where none is open
   * @param mayTake bits that the tokens and a header may take together
   * @param goesOn whether the block stays open for what comes later
   */
  choose(
    weight: number,
    count: number,
    current: CodeTable,
    mayTake: number,
    goesOn: boolean,
  ): CodeTable {
    const spent = costOf(count, current)
    // For this flush alone no header can pay that takes more than all of it does.
    if (!goesOn && spent <= LEAST_HEADER_BITS) return current
    const payback = current === FIXED_TABLE && goesOn ? PAYBACK : PAYBACK_LATER
    const saved = this.#saved
    let best = current
    let most = 0
    for (let i = 0; i < TABLES.length; i++) {
      const table = TABLES[i]!
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
