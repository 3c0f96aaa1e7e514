// Makes the trained code lengths of the compressor anew. Needs a Node that runs TypeScript:
//   npx -y -p node@24 node bench/compress/train.mjs [--check]
// With --check it writes nothing and fails when the file in the repository is not what it makes.
import { readFileSync, writeFileSync } from 'node:fs'
import { costOf } from '../../packages/synapse-toon/src/compress/deflate/bit-writer.ts'
import {
  COUNT_MASK,
  createDynamicTable,
  FIXED_TABLE,
  headerBits,
} from '../../packages/synapse-toon/src/compress/deflate/code-table.ts'
import { huffmanLengths } from '../../packages/synapse-toon/src/compress/deflate/huffman.ts'
import {
  FIRST_MATCH_TOKEN,
  MatchWindow,
  TOKENS,
  tokenDistance,
  tokenLength,
} from '../../packages/synapse-toon/src/compress/deflate/match-window.ts'
import {
  DISTANCE_RANGES,
  DISTANCE_SYMBOLS,
  END_OF_BLOCK,
  FIRST_LENGTH_SYMBOL,
  LENGTH_RANGES,
  LITERAL_SYMBOLS,
  MAX_DISTANCE,
  MAX_MATCH,
  rangeIndexes,
} from '../../packages/synapse-toon/src/compress/deflate/symbols.ts'
import { CLASSES, createRandom, generateStreams } from './streams.mjs'

const OUTPUT = new URL(
  '../../packages/synapse-toon/src/compress/deflate/trained-lengths.ts',
  import.meta.url,
)
const STREAMS = 200
const SEED = 1
/** What is repeated depends on what codes cost, and the codes on what is repeated. */
const ROUNDS = 3
/** With it, a match's length and distance fit into the 32 bits of the writer's accumulator. */
const MAX_BITS = 13
/** Events that are flushed together: each alone, and what comes in a burst. */
const GROUPS = [1, 1, 4]
/** Symbols of the stream for which header and data together are made smallest: some 200 events. */
const TYPICAL_SYMBOLS = 2000
const STEPS = 60_000

const COLON = 0x3a
const NEWLINE = 0x0a
const lengthIndexes = rangeIndexes(LENGTH_RANGES, MAX_MATCH)
const distanceIndexes = rangeIndexes(DISTANCE_RANGES, MAX_DISTANCE)

/** Frequencies of the symbols that the encoder would write, flushes included. */
function frequenciesOf(streams, table) {
  const literals = new Array(LITERAL_SYMBOLS).fill(0)
  const distances = new Array(DISTANCE_SYMBOLS).fill(0)
  for (const events of streams) {
    for (const group of GROUPS) count(events, group, table, literals, distances)
  }
  return { literals, distances }
}

function count(events, group, table, literals, distances) {
  const window = new MatchWindow()
  let pending = 0
  for (let at = 0; at < events.length; at += group) {
    const text = events.slice(at, at + group).join('')
    const bytes = Buffer.byteLength(text)
    if (!window.hasRoom(bytes + 2)) window.slide()
    const start = window.end
    if (pending > 0) window.writeByte(NEWLINE)
    window.writeText(text, bytes)
    const tokens = window.parse(start, table)
    for (const token of TOKENS.subarray(0, tokens)) {
      if (token < FIRST_MATCH_TOKEN) literals[token]++
      else {
        literals[FIRST_LENGTH_SYMBOL + lengthIndexes[tokenLength(token)]]++
        distances[distanceIndexes[tokenDistance(token)]]++
      }
    }
    pending = (pending + costOf(tokens, table)) % 8
    for (let filled = pending; filled > 0 && filled < 8; ) {
      literals[COLON]++
      window.writeByte(COLON)
      filled += table.literals[COLON] & COUNT_MASK
      pending = filled % 8
    }
  }
}

/** Scales to a typical stream, and gives what was never seen a small chance: it must have a code. */
function smoothed({ literals, distances }) {
  const scale = TYPICAL_SYMBOLS / literals.reduce((sum, count) => sum + count, 0)
  const chance = (symbol) => {
    if (symbol === END_OF_BLOCK || symbol < 0x20) return 0.003
    return symbol < 0x7f || symbol > END_OF_BLOCK ? 0.15 : 0.015
  }
  return {
    literals: literals.map((count, symbol) => count * scale + chance(symbol)),
    distances: distances.map((count) => count * scale + 0.05),
  }
}

const dataBits = (lengths, frequencies) =>
  lengths.reduce((sum, length, symbol) => sum + length * frequencies[symbol], 0)

/**
 * Makes header and data together smaller, where Huffman's lengths only make the data smallest: a
 * header is short where neighbours have equal lengths. Tries small changes that keep the codes
 * complete, and takes some that are worse while it is "hot" (simulated annealing).
 */
function annealed(frequencies, random) {
  const now = {
    literals: huffmanLengths(frequencies.literals, MAX_BITS),
    distances: huffmanLengths(frequencies.distances, MAX_BITS),
  }
  const total = () =>
    headerBits(now.literals, now.distances) +
    dataBits(now.literals, frequencies.literals) +
    dataBits(now.distances, frequencies.distances)
  let current = total()
  let best = { bits: current, literals: [...now.literals], distances: [...now.distances] }
  for (let step = 0; step < STEPS; step++) {
    const kind = random() < 0.9 ? 'literals' : 'distances'
    const change = changeOf(now[kind], random)
    if (change === undefined) continue
    const before = change.map(([symbol]) => [symbol, now[kind][symbol]])
    for (const [symbol, length] of change) now[kind][symbol] = length
    const next = total()
    const heat = 3 * (1 - step / STEPS)
    if (next <= current || random() < Math.exp((current - next) / heat)) {
      current = next
      if (current < best.bits) {
        best = { bits: current, literals: [...now.literals], distances: [...now.distances] }
      }
    } else for (const [symbol, length] of before) now[kind][symbol] = length
  }
  return best
}

/** New lengths of two or three symbols, after which the codes are still complete. */
function changeOf(lengths, random) {
  const pick = (list) => list[Math.floor(random() * list.length)]
  const symbol = Math.floor(random() * lengths.length)
  const length = lengths[symbol]
  const others = (wanted) =>
    [...lengths.keys()].filter((s) => s !== symbol && lengths[s] === wanted)
  const way = random()
  if (way < 0.6) {
    // Swaps with one that has a neighbour's length.
    const wanted = lengths[symbol + (random() < 0.5 ? 1 : -1)]
    if (wanted === undefined || wanted === length) return undefined
    return [
      [symbol, wanted],
      [pick(others(wanted)), length],
    ]
  }
  // One bit more for one symbol is one bit less for two that are a bit longer, and the reverse.
  const longer = way < 0.8
  const wanted = longer ? length + 2 : length
  if (longer ? length >= MAX_BITS - 1 : length < 3 || length >= MAX_BITS) return undefined
  const first = pick(others(wanted))
  const second = pick(others(wanted).filter((s) => s !== first))
  if (first === undefined || second === undefined) return undefined
  return [
    [symbol, longer ? length + 1 : length - 1],
    [first, length + 1],
    [second, length + 1],
  ]
}

function train({ forms, texts }) {
  const streams = generateStreams({ forms, texts }, STREAMS, SEED)
  let table = FIXED_TABLE
  let frequencies
  for (let round = 0; round < ROUNDS; round++) {
    frequencies = smoothed(frequenciesOf(streams, table))
    const { literals, distances } = frequencies
    table = createDynamicTable(
      huffmanLengths(literals, MAX_BITS),
      huffmanLengths(distances, MAX_BITS),
    )
  }
  return annealed(frequencies, createRandom(SEED))
}

const trained = Object.entries(CLASSES).map(([name, kind]) => {
  const { literals, distances } = train(kind)
  console.error(`${name}: a header of ${Math.ceil(headerBits(literals, distances) / 8)} bytes`)
  const digits = [...literals, ...distances].map((length) => length.toString(16)).join('')
  return `  ${name}:\n    '${digits}',`
})
const file = `// Made by bench/compress/train.mjs from bench/compress/texts; not to be changed by hand.

/**
 * Code lengths by what a stream is: a hexadecimal digit for each literal, length and distance
 * symbol. None of the recordings that sizes are measured on had a part in them.
 */
export const TRAINED_LENGTHS = {
${trained.join('\n')}
} as const
`
if (!process.argv.includes('--check')) writeFileSync(OUTPUT, file)
else if (readFileSync(OUTPUT, 'utf8') !== file) {
  console.error('trained-lengths.ts is not what train.mjs makes: run it without --check')
  process.exitCode = 1
}
