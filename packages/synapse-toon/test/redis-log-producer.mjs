// One of several processes on a Redis: `node redis-log-producer.mjs REDIS_URL STREAM_ID LEASE_MS`.
// Appends a record every few ms, and writes down each position that is stored, until it is killed.
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createRedisLog } from '../dist/redis.js'

const [url, streamId, leaseMs] = process.argv.slice(2)
const log = createRedisLog({ redis: new Redis(url), leaseMs: Number(leaseMs) })
const writer = await log.create(streamId, { principal: 'ann' })
writer.listen({ onRoom() {}, onCancel() {}, onLost() {} })
for (let seq = 1; ; seq++) {
  writer.append({ seq, event: 'update', json: JSON.stringify({ delta: `${seq}` }) })
  await writer.flushed()
  console.log(`stored ${seq}`)
  await sleep(2)
}
