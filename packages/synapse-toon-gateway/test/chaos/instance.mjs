// One instance of a chaos run: the gateway on a Redis log, with a source that counts. Each time the
// source is asked, it says so in a file: an answer that is paid for twice is found there.
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createRedisLog } from 'synapse-toon/redis'
import { createGateway } from 'synapse-toon-gateway'

const [port, redisUrl, runsFile, leaseMs] = process.argv.slice(2)

/** `count 40 every 20 as s7`: forty payloads, 20 ms apart, for the stream that the run calls s7. */
const ORDER = /^count (\d+) every (\d+) as (\S+)$/

const source = {
  kind: 'counting',
  name: 'Counting',
  note: 'Counts, for a chaos run.',
  open(messages, { signal }) {
    const [, count, every, name] = ORDER.exec(messages.at(-1).content)
    appendFileSync(runsFile, `${name}\n`)
    return countTo(Number(count), Number(every), signal)
  },
  transform: (payload) => payload,
}

async function* countTo(count, every, signal) {
  for (let n = 1; n <= count; n++) {
    yield { n, delta: `${n} ` }
    await sleep(every, undefined, { signal })
  }
}

const redis = new Redis(redisUrl, {
  maxRetriesPerRequest: null,
  retryStrategy: (attempt) => Math.min(50 * attempt, 500),
})
// Each outage is told by the log itself.
redis.on('error', () => {})

const gateway = await createGateway({
  host: '127.0.0.1',
  port: Number(port),
  logLevel: 'error',
  source,
  streams: {
    log: createRedisLog({ redis, leaseMs: Number(leaseMs) }),
    heartbeat: 1_000,
    continueFor: 60_000,
  },
})
await gateway.listen()
process.stdout.write('listening\n')

process.once('SIGTERM', async () => {
  await gateway.close({ drain: 30_000 })
  redis.disconnect()
  process.exit(0)
})
