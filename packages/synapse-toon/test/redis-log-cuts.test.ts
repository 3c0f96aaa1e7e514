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
import { openKnown, readFrom, startLog } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

/** Short, but longer than a restart takes. */
const LEASE_MS = 1_500

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
