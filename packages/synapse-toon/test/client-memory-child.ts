import { openStream } from '../src/client/index.ts'

/** Reads a stream slowly and tells what it costs: the program of a process of its own. */
const [, , url = ''] = process.argv

/** Bytes between two looks at the memory. */
const STEP = 16 * 1024 * 1024

async function held(): Promise<number> {
  // Twice: what one collection lets go of (bodies, their bytes) is freed after it.
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// One event first: what Node loads for a first request is no cost of reading on.
for await (const _ of openStream(url)) break
const idle = await held()
let peak = 0
let bytes = 0
let looked = 0
let events = 0
/** Rests of this reader, and after how many of them an event was there already. */
let rests = 0
let awaited = 0
const stream = openStream<{ delta: string }>(url)
for await (const { data } of stream) {
  events++
  bytes += data.length
  // Slower than the server: what is there must wait in the network, not here.
  if (events % 16 === 0) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    rests++
    if (stream.stats.events > events) awaited++
  }
  if (bytes - looked < STEP) continue
  looked = bytes
  peak = Math.max(peak, await held())
}
const { reason } = await stream.done
console.log(JSON.stringify({ events, bytes, reason, rests, awaited, grown: peak - idle }))
