import { createSynapseToon } from 'synapse-toon'
import { collect, createScriptedSource } from 'synapse-toon/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { PayloadEncoding } from '../src/wire/payload-encoding.ts'
import type * as RecordFrame from '../src/wire/record-frame.ts'
import type * as UpdateHead from '../src/wire/update-head.ts'
import { startLog } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

/** How often a record was serialised, for each encoding. */
const framed = vi.hoisted(() => new Map<string, number>())
const count = vi.hoisted(() => (encoding: string) => {
  framed.set(encoding, (framed.get(encoding) ?? 0) + 1)
})
vi.mock(import('../src/wire/record-frame.ts'), async (importOriginal) => {
  const original: typeof RecordFrame = await importOriginal()
  return {
    ...original,
    frameRecord(...args) {
      const [, record, encoding] = args
      if (record.event === 'update') count(encoding)
      return original.frameRecord(...args)
    },
  }
})
vi.mock(import('../src/wire/update-head.ts'), async (importOriginal) => {
  const original: typeof UpdateHead = await importOriginal()
  return {
    ...original,
    restOfHead(seq) {
      count('json')
      return original.restOfHead(seq)
    },
  }
})

const READERS = 500
const RECORDS = 100
const ENCODINGS: readonly PayloadEncoding[] = ['json', 'base64']

it('one producer and 1,000 readers on two instances: one script call per flush, each record serialised once per encoding', async () => {
  const server = await startRedis()
  const instances = [1, 2].map(() => {
    const { log } = startLog(server.url)
    return createSynapseToon({ log })
  })
  onTestFinished(async () => {
    await Promise.all(instances.map((toon) => toon.shutdown({ drain: 0 })))
  })
  let start!: () => void
  const started = new Promise<void>((resolve) => {
    start = resolve
  })
  const script = createScriptedSource<{ n: number }>(
    Array.from({ length: RECORDS }, (_, n) => [{ yield: { n } }, { delay: 5 }]).flat(),
  )
  const { streamId } = await instances[0]!.start(async (context) => {
    await started
    return script.source(context)
  })

  const reading = instances.flatMap((toon) =>
    Array.from({ length: READERS }, (_, n) => {
      const headers = { 'X-Synapse-TOON-Encoding': ENCODINGS[n % ENCODINGS.length]! }
      const request = new Request('http://localhost/', { headers })
      return collect<{ n: number }>(toon.stream({ streamId }, { request }))
    }),
  )
  const readers = async () => (await instances[0]!.inspect(streamId)).readers
  const deadline = performance.now() + 20_000
  while ((await readers()) < 2 * READERS && performance.now() < deadline) await nextTurn()
  expect(await readers()).toBe(2 * READERS)
  await server.resetStats()
  start()

  for (const { payloads, end } of await Promise.all(reading)) {
    expect(payloads.map(({ n }) => n)).toEqual(Array.from({ length: RECORDS }, (_, n) => n))
    expect(end?.event).toBe('done')
  }
  expect(Object.fromEntries(framed)).toEqual(
    Object.fromEntries(ENCODINGS.map((encoding) => [encoding, instances.length * RECORDS])),
  )
  const calls = await server.commandCalls()
  console.info('commandstats of 1,000 readers:', calls)
  // A call for each turn in which something came, the end with it; and the watch of each instance.
  const scripts = calls.evalsha ?? 0
  expect(scripts).toBeLessThanOrEqual(RECORDS + 1 + 4)
  expect(calls.publish).toBeLessThanOrEqual(scripts)
  expect(calls.subscribe ?? 0).toBe(0)
  const clients = String(await server.redis.client('LIST'))
    .trim()
    .split('\n')
  const subscribed = clients.filter((line) => / sub=[1-9]/.test(line))
  expect(subscribed.length).toBeLessThanOrEqual(instances.length)
  await until(() => script.open === 0, 'the source was let go')
})

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 5))
}
