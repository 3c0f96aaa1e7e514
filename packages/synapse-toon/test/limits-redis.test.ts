import { fileURLToPath } from 'node:url'
import { createSynapseToon } from 'synapse-toon'
import { createRedisLimits } from 'synapse-toon/redis'
import { collect, openRawClient } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { startNode, type TestProcess } from './child-process-kit.ts'
import { listenToWarnings } from './process-events.ts'
import { startRedis } from './redis-server.ts'
import { refusalOf } from './test-server.ts'

const SERVER = fileURLToPath(new URL('./limits-server.mjs', import.meta.url))
const USERS = 50
const CLIENTS_PER_USER = 10
/** Streams of each client, one after the other: one on each process. */
const TURNS = 2
const LEASE_MS = 1500

async function startServer(redisUrl: string): Promise<{ url: string; process: TestProcess }> {
  const process = startNode([SERVER, redisUrl, `${LEASE_MS}`])
  const [url] = await process.line('http://')
  return { url, process }
}

describe('limits shared over Redis by two processes', () => {
  it('hold under 500 clients of 50 users: never 11 at once, and no one refused wrongly', async () => {
    const { url, redis } = await startRedis()
    const servers = await Promise.all([startServer(url), startServer(url)])
    let served = 0
    const client = async (user: number, index: number) => {
      for (let turn = 0; turn < TURNS; turn++) {
        const server = servers[(index + turn) % servers.length]!
        const response = await fetch(`${server.url}/?user=u${user}&ms=${20 + ((index * 37) % 60)}`)
        // Ten clients, one stream each at a time: there is always a place.
        if (response.status !== 200) throw new Error(`refused: ${await response.text()}`)
        const { end } = await collect(response)
        expect(end?.data.reason).toBe('complete')
        served++
      }
    }
    const all = []
    for (let user = 0; user < USERS; user++) {
      for (let index = 0; index < CLIENTS_PER_USER; index++) all.push(client(user, index))
    }
    await Promise.all(all)
    expect(served).toBe(USERS * CLIENTS_PER_USER * TURNS)
    const most = await redis.zrevrange('most', 0, 0, 'WITHSCORES')
    console.info(`${served} streams served; most at once of one user: ${most[1]}`)
    expect(Number(most[1])).toBeLessThanOrEqual(10)
    expect(await redis.zcard('{synapse-toon:permits}:total')).toBe(0)
  }, 60_000)

  it('refuse the 11th on either process, with what to do, and let it in when one has ended', async () => {
    const { url } = await startRedis()
    const [one, two] = await Promise.all([startServer(url), startServer(url)])
    const clients = Array.from({ length: 10 }, (_, n) =>
      openRawClient(`${(n % 2 ? one : two).url}/?user=ann&ms=60000`),
    )
    await Promise.all(clients.map((client) => client.waitFor('"a"')))
    for (const { url: server } of [one, two]) {
      const response = await fetch(`${server}/?user=ann&ms=0`)
      expect(response.status).toBe(429)
      expect(response.headers.get('retry-after')).toBe('5')
      expect(response.headers.get('ratelimit-policy')).toBe('"streams-per-user";q=10')
      expect(response.headers.get('ratelimit')).toBe('"streams-per-user";r=0')
      expect(await refusalOf(response)).toMatchObject({ limit: 'streams-per-user' })
      expect((await fetch(`${server}/?user=bob&ms=0`)).status).toBe(200)
    }
    clients[0]!.leave()
    await clients[0]!.closed
    expect((await fetch(`${two.url}/?user=ann&ms=0`)).status).toBe(200)
  }, 30_000)

  it('get the permits of a killed process back within the lease time', async () => {
    const { url } = await startRedis()
    const [doomed, other] = await Promise.all([startServer(url), startServer(url)])
    const clients = Array.from({ length: 10 }, () =>
      openRawClient(`${doomed.url}/?user=ann&ms=60000`),
    )
    await Promise.all(clients.map((client) => client.waitFor('"a"')))
    expect((await fetch(`${other.url}/?user=ann&ms=0`)).status).toBe(429)
    await doomed.process.kill('SIGKILL')
    const killedAt = performance.now()
    const ask = async () => (await fetch(`${other.url}/?user=ann&ms=0`)).status
    let status = await ask()
    while (status === 429 && performance.now() - killedAt < 10_000) status = await ask()
    expect(status).toBe(200)
    // A request waits in the queue for half a second before it is refused.
    expect(performance.now() - killedAt).toBeLessThan(LEASE_MS + 1000)
    // All ten are back, not only one.
    const again = Array.from({ length: 10 }, () => openRawClient(`${other.url}/?user=ann&ms=60000`))
    await Promise.all(again.map((client) => client.waitFor('"a"')))
  }, 30_000)

  it('keep a permit beyond its lease as long as its stream runs', async () => {
    const { url } = await startRedis()
    const server = await startServer(url)
    const clients = Array.from({ length: 10 }, () =>
      openRawClient(`${server.url}/?user=ann&ms=60000`),
    )
    await Promise.all(clients.map((client) => client.waitFor('"a"')))
    await new Promise((resolve) => setTimeout(resolve, 2 * LEASE_MS))
    expect((await fetch(`${server.url}/?user=ann&ms=0`)).status).toBe(429)
  }, 30_000)
})

describe('limits of two parts on one Redis', () => {
  it('count starts together', async () => {
    const { redis } = await startRedis()
    const starts = { limit: 5, windowMs: 60_000 }
    const parts = [1, 2].map(() =>
      createSynapseToon({ limits: createRedisLimits({ redis, starts }) }),
    )
    const start = (n: number) => parts[n % 2]!.start([n], { principal: 'ann' })
    for (let n = 0; n < 5; n++) await start(n)
    for (let n = 0; n < 2; n++) {
      await expect(start(n)).rejects.toMatchObject({ status: 429, limit: 'starts' })
    }
    await parts[0]!.start([1], { principal: 'bob' })
  })

  it('let nobody in while Redis cannot be asked, and say when to come back', async () => {
    const warnings = listenToWarnings()
    const { redis } = await startRedis()
    const limits = createRedisLimits({ redis, maxStreams: 5 })
    const toon = createSynapseToon({ limits })
    redis.disconnect()
    await expect(toon.start([1])).rejects.toMatchObject({ status: 503, retryAfter: 5 })
    expect(await warnings()).toContain('SYNAPSE_LIMITS')
  })

  it('keep apart by prefix', async () => {
    const { redis } = await startRedis()
    const hang = async function* ({ signal }: { signal: AbortSignal }) {
      await new Promise((_, reject) => signal.addEventListener('abort', reject))
    }
    for (const prefix of ['one', 'two']) {
      const toon = createSynapseToon({
        limits: createRedisLimits({ redis, prefix, maxStreams: 1 }),
      })
      await toon.start(hang)
      await expect(toon.start(hang)).rejects.toMatchObject({ limit: 'streams' })
    }
  })
})
