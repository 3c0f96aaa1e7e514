import { describe, expect, it } from 'vitest'
import { append, produce } from './redis-log-follow.ts'
import { startLog, untilListening } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

/** Short, since a renewal is waited for. */
const LEASE_MS = 500

describe('a cancel from elsewhere', () => {
  it('comes as a message, long before the next renewal', async () => {
    const server = await startRedis()
    const a = startLog(server.url, { leaseMs: 60_000 })
    const b = startLog(server.url, { leaseMs: 60_000 })
    const { told } = await produce(a.log)
    const other = await produce(a.log, 'other')
    await untilListening(server.redis)
    await b.log.cancel('stream')
    await until(() => told.cancel > 0, 'the producer is told')
    expect(other.told.cancel).toBe(0)
  })

  it('is learned of by the next append or renewal where the message is lost', async () => {
    const server = await startRedis()
    const a = startLog(server.url, { leaseMs: 60_000 })
    const b = startLog(server.url, { leaseMs: LEASE_MS })
    const busy = await produce(a.log, 'busy')
    const quiet = await produce(startLog(server.url, { leaseMs: LEASE_MS }).log, 'quiet')
    for (const id of ['busy', 'quiet']) {
      // Nobody listens where the message goes.
      await server.redis.hset(`{synapse-toon:${id}}:meta`, 'owner', 'nobody')
      await b.log.cancel(id)
    }
    expect(busy.told.cancel).toBe(0)
    await append(busy.writer, 1)
    await until(() => busy.told.cancel > 0, 'the append says so')
    await until(() => quiet.told.cancel > 0, 'the renewal says so')
  })
})
