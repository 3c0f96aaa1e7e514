// node bench/parser.mjs [--rounds N]: our parser beside npm's eventsource-parser, in turn, in one run.
//
// Streams are the recordings of SYNAPSE_TRACES where that is set, else made here. Ours is fed bytes;
// eventsource-parser is fed what a TextDecoder makes of them, as its users do. In 16 KiB reads what
// counts is the ratio, and so in reads of one event each, as tokens come; in one-byte reads, that time for
// a byte stays the same when the stream grows.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleClient } from './client-bundle.mjs'
import { installPeers } from './contenders.mjs'
import { median } from './statistics.mjs'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '41' } } })
const ROUNDS = Number(values.rounds)
/** Rounds before those that count, for V8 to know the code. */
const WARM_UP = 4
const READ = 16_384
/** Least that one sample parses: several milliseconds, so that each has its own share of collections. */
const SAMPLE_BYTES = 8 * 1024 * 1024
/** Length of the shortest of the streams that are read byte by byte. */
const SHORTEST = 128 * 1024

installPeers()
const peers = createRequire(new URL('peers/package.json', import.meta.url))
const { createParser } = await import(pathToFileURL(peers.resolve('eventsource-parser')).href)
const { code } = await bundleClient(
  "export { createEventStreamParser } from 'synapse-toon/client'",
  { minify: false },
)
const { createEventStreamParser } = await import(`data:text/javascript,${encodeURIComponent(code)}`)

/** Each gives the number of events, and touches their data, so that none gets by without making it. */
const PARSERS = {
  'synapse-toon': (reads) => {
    const seen = { events: 0, characters: 0 }
    const parser = createEventStreamParser({ onEvent: ({ data }) => count(seen, data) })
    for (const bytes of reads) parser.feed(bytes)
    return seen
  },
  'eventsource-parser': (reads) => {
    const seen = { events: 0, characters: 0 }
    const decoder = new TextDecoder()
    const parser = createParser({ onEvent: ({ data }) => count(seen, data) })
    for (const bytes of reads) parser.feed(decoder.decode(bytes, { stream: true }))
    return seen
  },
}

function count(seen, data) {
  seen.events++
  seen.characters += data.length
}

/** A recording as its provider sent it. Of `.jsonl` the frames were taken off. */
function recorded(folder, file) {
  const bytes = readFileSync(join(folder, file))
  if (file.endsWith('.sse')) return bytes
  const frames = bytes
    .toString('utf8')
    .trim()
    .split('\n')
    .map((json) => {
      const { type } = JSON.parse(json)
      return `${type === undefined ? '' : `event: ${type}\n`}data: ${json}\n\n`
    })
  return Buffer.from(frames.join(''))
}

/** Our own frames, and those of a chat completion: short tokens, in several scripts. */
function made() {
  const tokens = [' the', ' streaming', ',', ' of', ' été', '。', ' 日本', ' 😀', '\n\n', ' answer']
  const lines = Array.from({ length: 2000 }, (_, n) => tokens[(n * 7) % tokens.length])
  const ours = lines.map(
    (delta, n) =>
      `id: 5f0c7a52-91d3-8e14-b0a6-${n.toString(16).padStart(12, '0')}\nevent: update\ndata: ${JSON.stringify({ delta })}\n\n`,
  )
  const chat = lines.map((content) => {
    const choices = [{ index: 0, delta: { content }, finish_reason: null }]
    return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', choices })}\n\n`
  })
  return { 'our frames': ours, 'chat completion': chat }
}

function streams() {
  const folder = process.env.SYNAPSE_TRACES
  if (!folder || !existsSync(folder)) {
    return Object.entries(made()).map(([name, frames]) => [name, Buffer.from(frames.join(''))])
  }
  return readdirSync(folder)
    .filter((file) => /\.(jsonl|sse)$/.test(file))
    .map((file) => [file, recorded(folder, file)])
}

/** Plain arrays of bytes, as `fetch` gives them. */
function readsOf(bytes, size) {
  const reads = []
  for (let at = 0; at < bytes.length; at += size) {
    reads.push(new Uint8Array(bytes.subarray(at, at + size)))
  }
  return reads
}

/** Reads that end with an event each. */
function readsByEvent(bytes) {
  const reads = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf('\n\n', at)
    const next = end < 0 ? bytes.length : end + 2
    reads.push(new Uint8Array(bytes.subarray(at, next)))
    at = next
  }
  return reads
}

/** Processor time, in µs: another program on this core does not count. */
function timeOf(parse, work, times) {
  const before = process.cpuUsage()
  for (let n = 0; n < times; n++) for (const reads of work) parse(reads)
  const { user, system } = process.cpuUsage(before)
  return user + system
}

/** Both in turn, each round in the other order. @returns times of each, by name */
function compare(work, times, rounds) {
  const names = Object.keys(PARSERS)
  const all = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const time = timeOf(PARSERS[name], work, times)
      if (round >= 0) all[name].push(time)
    }
  }
  return all
}

/** Median, and in what range the middle half is: single rounds meet other programs' work. */
function show(values, digits) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(digits)
  return `${median(sorted).toFixed(digits)} (${at(0.25)} to ${at(0.75)})`
}

/** @returns the ratio of each round, ours to theirs */
function ratios(all) {
  return all['synapse-toon'].map((ours, n) => ours / all['eventsource-parser'][n])
}

function checkAlike(work) {
  for (const reads of work) {
    const [ours, theirs] = Object.values(PARSERS).map((parse) => JSON.stringify(parse(reads)))
    if (ours !== theirs) throw new Error(`ours gives ${ours}, eventsource-parser ${theirs}`)
  }
}

const found = streams()
const total = found.reduce((sum, [, bytes]) => sum + bytes.length, 0)
console.log(
  `Node ${process.version}; ${found.length} streams, ${total} bytes, ${process.env.SYNAPSE_TRACES ? 'recorded' : 'made here'}; ${ROUNDS} rounds`,
)

const times = Math.ceil(SAMPLE_BYTES / total)

/** @param units of what a time is shown for, in a sample */
function showBoth(title, work, units) {
  console.log(`\n${title}`)
  checkAlike(work)
  const all = compare(work, times, ROUNDS)
  for (const [name, measured] of Object.entries(all)) {
    const perUnit = measured.map((time) => time / (times * units))
    console.log(`  ${name.padEnd(20)} ${show(perUnit, 2)}`)
  }
  console.log(`  ${'ratio'.padEnd(20)} ${show(ratios(all), 2)}`)
}

const large = found.map(([, bytes]) => readsOf(bytes, READ))
showBoth(`Reads of ${READ} bytes: processor time, µs per KB`, large, total / 1000)
const single = found.map(([, bytes]) => readsByEvent(bytes))
const eventCount = single.reduce((sum, reads) => sum + reads.length, 0)
showBoth('Reads of one event each: processor time, µs per event', single, eventCount)

console.log(
  '\nReads of one byte: processor time, ns per byte, of a stream and of one twice, four times it',
)
const one = Buffer.concat(found.map(([, bytes]) => bytes)).subarray(0, SHORTEST)
for (const factor of [1, 2, 4]) {
  const stream = Buffer.concat(Array.from({ length: factor }, () => one))
  const bytewise = compare([readsOf(stream, 1)], 4 / factor, Math.ceil(ROUNDS / 10))
  const line = Object.entries(bytewise).map(
    ([name, measured]) =>
      `${name} ${show(
        measured.map((time) => (1000 * time) / (4 * one.length)),
        0,
      )}`,
  )
  console.log(`  ${factor}x: ${line.join(', ')}`)
}

console.log('\nOne line in reads of one byte, the same')
for (const factor of [1, 2, 4]) {
  const line = Buffer.from(`data: ${'x'.repeat(factor * SHORTEST)}\n\n`)
  const { 'synapse-toon': ours } = compare([readsOf(line, 1)], 4 / factor, Math.ceil(ROUNDS / 10))
  const perByte = ours.map((time) => (1000 * time) / (4 * SHORTEST))
  console.log(`  ${factor}x: synapse-toon ${show(perByte, 0)}`)
}
