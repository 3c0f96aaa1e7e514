// Sizes, processor time and memory of compressed token streams, ours beside Node's own encoders.
//   SYNAPSE_TRACES=folder npx -y -p node@24 node --expose-gc bench/compress/measure.mjs [--json]
// Sizes are exact and the same everywhere. Times are of this machine: read them as ratios.
import { fork } from 'node:child_process'
import { ENCODERS } from './encoders.mjs'
import { asOurFrames, inGroups, openaiRecordings } from './recordings.mjs'

const ROUNDS = 9
const GROUPS = [1, 4]
/** Streams that are held at once to see what one takes. */
const STREAMS_HELD = 1000
const EVENTS_HELD = 60

const recordings = openaiRecordings()
const SETS = {
  openai: recordings,
  frames: recordings.map(asOurFrames),
}

/** @returns flushes of each recording, with their bytes, so that counting them costs no time */
function flushesOf(set, group) {
  return SETS[set].map(({ events }) =>
    inGroups(events, group).map((text) => ({ text, bytes: Buffer.byteLength(text) })),
  )
}

const WORK = Object.keys(SETS).flatMap((set) =>
  GROUPS.map((group) => {
    const streams = flushesOf(set, group)
    const bytes = streams.flat().reduce((sum, flush) => sum + flush.bytes, 0)
    const events = SETS[set].reduce((sum, recording) => sum + recording.events.length, 0)
    return { name: `${set}, ${group} a flush`, streams, bytes, events }
  }),
)

/** Compresses every stream from its beginning to its end. @returns bytes on the wire */
function run(create, streams) {
  let sent = 0
  for (const flushes of streams) {
    const encoder = create()
    for (const { text, bytes } of flushes) sent += encoder.write(text, bytes)
    sent += encoder.end()
    encoder.close()
  }
  return sent
}

/** @returns microseconds of processor time */
function timeOf(work) {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

function summary(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) }
}

/** In a process of its own: what streams hold, in the heap and beside it. */
function memoryOf(name) {
  return new Promise((resolve, reject) => {
    const child = fork(new URL(import.meta.url), ['--memory', name], { execArgv: ['--expose-gc'] })
    child.once('message', resolve)
    child.once('exit', (code) => code !== 0 && reject(new Error(`${name}: exit code ${code}`)))
  })
}

function measureMemory(name) {
  const [flushes] = flushesOf('frames', 1)
  const hold = (count) =>
    Array.from({ length: count }, () => {
      const encoder = ENCODERS[name]()
      for (const { text, bytes } of flushes.slice(0, EVENTS_HELD)) encoder.write(text, bytes)
      return encoder
    })
  const used = () => {
    globalThis.gc()
    const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
    return { rss, own: heapUsed + arrayBuffers }
  }
  // What all share, and the heap's room for what lives shortly. One after the other, because what
  // many leave behind would hide what comes.
  for (let i = 0; i < STREAMS_HELD; i++) hold(1)[0].close()
  setTimeout(() => {
    const before = used()
    const held = hold(STREAMS_HELD)
    const after = used()
    // Node's codecs hold memory that only the system sees; what the heap holds may lie in pages that
    // were there before.
    const grown = Math.max(after.rss - before.rss, after.own - before.own)
    process.send(grown / held.length)
    process.disconnect()
  }, 100)
}

/** A yardstick: text made bytes, as without compression. */
const ENCODE_ONLY = 'no compression'
const plain = () => ({
  write: (text, bytes) => Buffer.from(text, bytes === text.length ? 'latin1' : 'utf8').length,
  end: () => 0,
  close() {},
})

async function main() {
  const encoders = { [ENCODE_ONLY]: plain, ...ENCODERS }
  const names = Object.keys(encoders)
  const times = Object.fromEntries(names.map((name) => [name, WORK.map(() => [])]))
  // In turn, so that a machine that slows down slows all. The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, { streams, events }] of WORK.entries()) {
      for (const name of names) {
        const micros = timeOf(() => run(encoders[name], streams))
        if (round > 0) times[name][i].push(micros / events)
      }
    }
  }
  const results = []
  for (const name of names) {
    const sizes = WORK.map(({ streams, bytes }) => (100 * run(encoders[name], streams)) / bytes)
    const memory = name === ENCODE_ONLY ? 0 : await memoryOf(name)
    const work = WORK.map((one, i) => ({
      name: one.name,
      percent: sizes[i],
      microsPerEvent: summary(times[name][i]),
      timesZlibGzip1: summary(
        times[name][i].map((micros, round) => micros / times['zlib gzip 1'][i][round]),
      ),
    }))
    results.push({ name, kibPerStream: memory / 1024, work })
  }
  const report = {
    node: process.version,
    files: recordings.map(({ file }) => file),
    work: WORK.map(({ name, bytes, events }) => ({ name, bytes, events })),
    results,
  }
  if (process.argv.includes('--json')) console.log(JSON.stringify(report, null, 2))
  else print(report)
}

function print({ node, files, work, results }) {
  console.log(`Node ${node}, ${files.length} recordings: ${files.join(', ')}\n`)
  for (const { name, bytes, events } of work) {
    console.log(`${name}: ${events} events of ${(bytes / events).toFixed(0)} bytes`)
  }
  const head = [
    'share of raw | µs an event (least to most) | x zlib gzip 1',
    ...work.map(({ name }) => name),
  ]
  console.log(`\n| ${[head[0], ...head.slice(1), 'KiB a stream'].join(' | ')} |`)
  console.log(`|---|${'---|'.repeat(work.length + 1)}`)
  for (const { name, kibPerStream, work: cells } of results) {
    const texts = cells.map(({ percent, microsPerEvent, timesZlibGzip1 }) => {
      const { median, least, most } = microsPerEvent
      const time = `${median.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`
      return `${percent.toFixed(2)} %, ${time}, ${timesZlibGzip1.median.toFixed(2)} x`
    })
    console.log(`| ${[name, ...texts, kibPerStream.toFixed(0)].join(' | ')} |`)
  }
}

const memoryAt = process.argv.indexOf('--memory')
if (memoryAt > 0) measureMemory(process.argv[memoryAt + 1])
else await main()
