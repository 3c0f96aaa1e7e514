// One of several processes that share limits on a Redis: `node limits-server.mjs REDIS_URL LEASE_MS`.
// Counts in Redis, apart from the limits, how many streams of each user run at once.
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createSynapseToon } from '../dist/index.js'
import { createRedisLimits } from '../dist/redis.js'

const [url, leaseMs] = process.argv.slice(2)
const redis = new Redis(url)
const limits = createRedisLimits({
  redis,
  maxStreamsPerUser: 10,
  leaseMs: Number(leaseMs),
  queueMs: 500,
})
const toon = createSynapseToon({
  limits,
  onDisconnect: 'cancel',
  principal: (request) => request.query('user'),
})

async function* counted(user, milliseconds, signal) {
  const running = await redis.incr(`running:${user}`)
  await redis.zadd('most', 'GT', running, user)
  try {
    yield { delta: 'a' }
    await sleep(milliseconds, undefined, { signal })
    yield { delta: 'b' }
  } finally {
    // Before the stream ends, and so before its permit is given back.
    await redis.decr(`running:${user}`)
  }
}

const server = createServer((req, res) => {
  const query = new URL(req.url, 'http://localhost').searchParams
  const source = ({ signal }) => counted(query.get('user'), Number(query.get('ms')), signal)
  return toon.pipe(source, { req, res })
})
// Not the 5 s of Node: on a busy machine a client would take an idle line just when it is closed.
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', 1024, () => console.log(`http://127.0.0.1:${server.address().port}`))
