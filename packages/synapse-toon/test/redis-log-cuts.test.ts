import { createFaultProxy } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenToWarnings } from './process-events.ts'
import {
  append,
  expectNoStrays,
  expectWhole,
  type Follower,
  finish,
  follow,
  produce,
  range,
  seqsOf,
} from './redis-log-follow.ts'
import { type LogProcess, openKnown, readFrom, startLog } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

/** Short, but longer than a restart takes. */
const LEASE_MS = 1_500

/** Puts itself between a log and its client, for each script call. */
function intercept(
  { redis }: LogProcess,
  handle: (call: () => Promise<unknown>) => Promise<unknown>,
): void {
  const evalsha = redis.evalsha.bind(redis) as (...args: unknown[]) => Promise<unknown>
  Object.assign(redis, { evalsha: (...args: unknown[]) => handle(() => evalsha(...args)) })
}

describe('calls', () => {
  it('may be sent twice, as clients do that lost the answer: nothing is there twice', async () => {
    const server = await startRedis()
    const [a, b] = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }))
    for (const process of [a!, b!]) {
      intercept(process, async (call) => {
        await call().catch(() => {})
        return call()
      })
    }
    const { writer, told } = await produce(a!.log)
    const follower = follow(await openKnown(b!.log, 'stream'))
    await append(writer, 30)
    await finish(writer, [follower])
    expectWhole(follower, writer)
    await writer.flushed()
    expect(told.lost).toBe(0)
    expect(await server.redis.xlen('{synapse-toon:stream}:records')).toBe(31)
    // Now that Redis knows the script, it does run twice.
    await produce(a!.log, 'second')
    await expect(b!.log.create('stream', { principal: undefined })).rejects.toMatchObject({
      code: 'ERR_SYNAPSE_STREAM_EXISTS',
    })
  })

  it('whose answers are lost are made again, with what came meanwhile', async () => {
    const server = await startRedis()
    const [a, b] = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }))
    const { writer, told } = await produce(a!.log)
    const follower = follow(await openKnown(b!.log, 'stream'))
    let calls = 0
    intercept(a!, async (call) => {
      const answer = await call()
      if (calls++ % 2 === 0) throw new Error('the answer is lost')
      return answer
    })
    for (let round = 1; round <= 4; round++) {
      await append(writer, 15)
      await until(() => calls >= 2 * round, 'it was tried again')
    }
    await finish(writer, [follower])
    expectWhole(follower, writer)
    await writer.flushed()
    expect(told.lost).toBe(0)
    expect(await server.redis.xlen('{synapse-toon:stream}:records')).toBe(61)
  })
})

describe('connections that are cut', () => {
  it('lose and double nothing, however often, for the readers of any process', async () => {
    expectNoStrays()
    const warnings = listenToWarnings()
    const server = await startRedis()
    const logs = [1, 2, 3].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const { writer, told } = await produce(logs[0]!)
    const followers: Follower[] = []
    let killed = 0
    for (let round = 0; round < 12; round++) {
      for (const log of logs) {
        if (round % 4 === 0) followers.push(follow(await openKnown(log, 'stream')))
      }
      await append(writer, 20)
      killed += await server.clientKill()
      await append(writer, 10)
    }
    await finish(writer, followers)
    for (const follower of followers) expectWhole(follower, writer)
    expect(followers).toHaveLength(9)
    expect(told.lost).toBe(0)
    // Each log has two connections; some were cut before they were back.
    expect(killed).toBeGreaterThan(15)
    expect(await warnings()).toEqual([])
    const { log } = startLog(server.url)
    expect(seqsOf(await readFrom(await openKnown(log, 'stream')))).toEqual(range(1, 361))
  }, 60_000)

  it('are made anew where one is dead without saying so', async () => {
    const server = await startRedis()
    const proxy = await createFaultProxy({ target: server })
    onTestFinished(() => proxy.close())
    const a = startLog(server.url, { leaseMs: 600 })
    const b = startLog(proxy.url.replace('http', 'redis'), { leaseMs: 600 })
    const { writer } = await produce(a.log)
    const follower = follow(await openKnown(b.log, 'stream'))
    await append(writer, 1)
    await until(() => follower.records.length === 1, 'messages come')
    // The client came first.
    const [, messages] = proxy.connections
    messages!.apply({ stall: true })
    await append(writer, 5)
    await until(() => follower.records.length === 6, 'it looks for itself')
    await until(() => proxy.total === 3, 'there is a new connection')
    await append(writer, 5)
    await finish(writer, [follower])
    expectWhole(follower, writer)
  })
})
