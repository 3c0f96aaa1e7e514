// node bench/replay.mjs: what it takes to come back to a stream, and to keep one that has ended.
//
// Replay: a stream of 10,000 records that still runs is read from its first record by a process that
// does not produce it, over one Redis: time to the first byte and to the last record. Beside it, in
// turn, `resumable-stream`, whose producer keeps the text in its memory and hands it on over Redis.
// A stream that has ended it cannot give again, so kept streams are measured for our logs alone.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { createMemoryLog, createSynapseToon } from 'synapse-toon'
import { createLevelLog } from 'synapse-toon/level'
import { createRedisLog } from 'synapse-toon/redis'
import { createSpawnedRedis } from './redis-server.mjs'
import { summarise } from './statistics.mjs'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, keep: { type: 'boolean', default: false } },
})
const RECORDS = 10_000
const KEPT_STREAMS = 1_000
const RECORDS_OF_KEPT = 100

const payload = (n) => ({ delta: ` token${n}`, id: 'chatcmpl-9x8y7z6w5v', index: 0, n })
const frame = (n) => `id: ${n}\nevent: update\ndata: ${JSON.stringify(payload(n))}\n\n`

const redis = await createSpawnedRedis()
const connect = () => new Redis(redis.url)
const clients = []
const client = () => {
  const made = connect()
  clients.push(made)
  return made
}

/** Everything is there, and the stream goes on: what a reader of a long answer comes back to. */
async function* longAnswer(onProduced) {
  for (let n = 1; n <= RECORDS; n++) yield payload(n)
  onProduced()
  await new Promise(() => {})
}

async function startOurs() {
  const producer = createSynapseToon({ log: createRedisLog({ redis: client(), prefix: 'bench' }) })
  const reader = createSynapseToon({ log: createRedisLog({ redis: client(), prefix: 'bench' }) })
  let produced
  const ready = new Promise((resolve) => {
    produced = resolve
  })
  const { streamId } = await producer.start(() => longAnswer(produced), { continueFor: 600_000 })
  await ready
  const key = `{bench:${streamId}}:records`
  const watch = client()
  while ((await watch.xlen(key)) < RECORDS) await new Promise((resolve) => setTimeout(resolve, 20))
  return {
    open: async () => (await reader.stream({ streamId })).body,
    close: () => Promise.all([producer.shutdown({ drain: 0 }), reader.shutdown({ drain: 0 })]),
  }
}

async function startPeer() {
  const require = createRequire(new URL('./peers/package.json', import.meta.url))
  const { createResumableStreamContext } = require('resumable-stream/ioredis')
  const context = () =>
    createResumableStreamContext({ waitUntil: null, subscriber: client(), publisher: client() })
  const [producer, reader] = [context(), context()]
  let produced = 0
  const source = () =>
    new ReadableStream({
      pull(controller) {
        if (produced < RECORDS) controller.enqueue(frame(++produced))
        else return new Promise(() => {})
      },
    })
  const own = (await producer.createNewResumableStream('answer', source)).getReader()
  for (let n = 0; n < RECORDS; n++) await own.read()
  return { open: () => reader.resumeExistingStream('answer'), close: async () => {} }
}

/** Reads until the last record is there. @returns ms to the first byte, and to the last record */
async function replay({ open }) {
  const startedAt = performance.now()
  const body = await open()
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const last = `"n":${RECORDS}}`
  let firstMs
  let tail = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error('the stream ended before its last record')
    firstMs ??= performance.now() - startedAt
    tail = (
      tail + (typeof value === 'string' ? value : decoder.decode(value, { stream: true }))
    ).slice(-2000)
    if (tail.includes(last)) break
  }
  const allMs = performance.now() - startedAt
  await reader.cancel()
  return { firstMs, allMs }
}

async function measureReplays() {
  const contenders = { 'synapse-toon': await startOurs(), 'resumable-stream': await startPeer() }
  const taken = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let round = -2; round < Number(values.rounds); round++) {
    for (const [name, contender] of Object.entries(contenders)) {
      const one = await replay(contender)
      // The first two warm up.
      if (round >= 0) taken[name].push(one)
    }
  }
  await Promise.all(Object.values(contenders).map((contender) => contender.close()))
  return Object.fromEntries(
    Object.entries(taken).map(([name, all]) => [
      name,
      {
        firstMs: summarise(all.map(({ firstMs }) => firstMs)),
        allMs: summarise(all.map(({ allMs }) => allMs)),
      },
    ]),
  )
}

/** KiB for each ended stream that is kept: of this process, and of Redis. */
async function measureKept(log, watch) {
  const toon = createSynapseToon({ log })
  const used = async () => {
    for (let n = 0; n < 4; n++) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const { heapUsed, external } = process.memoryUsage()
    const info = watch === undefined ? '' : await watch.info('memory')
    return { here: heapUsed + external, redis: Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0) }
  }
  const run = async () => {
    const source = Array.from({ length: RECORDS_OF_KEPT }, (_, n) => payload(n))
    await (await toon.start(source)).done
  }
  await run()
  const before = await used()
  for (let n = 0; n < KEPT_STREAMS; n++) await run()
  await new Promise((resolve) => setTimeout(resolve, 500))
  const after = await used()
  await toon.shutdown({ drain: 0 })
  const each = (key) => (after[key] - before[key]) / KEPT_STREAMS / 1024
  return { processKiB: each('here'), redisKiB: each('redis') }
}

try {
  const replays = await measureReplays()
  const folder = mkdtempSync(join(tmpdir(), 'synapse-replay-'))
  const kept = {}
  kept.memory = await measureKept(createMemoryLog(), undefined)
  kept.level = await measureKept(await createLevelLog({ directory: folder }), undefined)
  kept.redis = await measureKept(createRedisLog({ redis: client(), prefix: 'kept' }), client())
  rmSync(folder, { recursive: true })
  const show = ({ median, least, most }) =>
    `${median.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`
  console.log(`Replay of ${RECORDS} records from the first on, over one Redis, ms:`)
  for (const [name, { firstMs, allMs }] of Object.entries(replays)) {
    console.log(`  ${name.padEnd(18)} first byte ${show(firstMs)}, last record ${show(allMs)}`)
  }
  const [ours, peer] = Object.values(replays)
  const ratio = (key) => (ours[key].median / peer[key].median).toFixed(2)
  console.log(`  ratio              first byte ${ratio('firstMs')}, last record ${ratio('allMs')}`)
  console.log(`An ended stream of ${RECORDS_OF_KEPT} records that is kept, KiB:`)
  for (const [name, { processKiB, redisKiB }] of Object.entries(kept)) {
    console.log(
      `  ${name.padEnd(18)} process ${processKiB.toFixed(1)}, Redis ${redisKiB.toFixed(1)}`,
    )
  }
  console.log('  resumable-stream   cannot: null once the stream has ended')
  if (values.keep) {
    const file = new URL('./results/replay.json', import.meta.url)
    writeFileSync(file, `${JSON.stringify({ replays, kept }, null, 2)}\n`)
  }
} finally {
  for (const one of clients) one.disconnect()
  redis.stop()
}
process.exit()
