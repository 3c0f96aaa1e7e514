import { type CodeTable, createDynamicTable, FIXED_TABLE } from './code-table.ts'
import { LITERAL_SYMBOLS } from './symbols.ts'
import { TRAINED_LENGTHS } from './trained-lengths.ts'

/** All that a stream can choose from; the first needs no header. */
export const TABLES: readonly CodeTable[] = [
  FIXED_TABLE,
  ...Object.values(TRAINED_LENGTHS).map((digits) => {
    const lengths = Array.from(digits, (digit) => Number.parseInt(digit, 16))
    return createDynamicTable(lengths.slice(0, LITERAL_SYMBOLS), lengths.slice(LITERAL_SYMBOLS))
  }),
]
