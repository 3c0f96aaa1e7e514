import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamLog } from 'synapse-toon'
import { logContract, type OpenStore } from 'synapse-toon/testing'
import { describe, it } from 'vitest'
import { type LogProcess, startLog } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'

/** Short, since it is waited out. In ms. */
const LEASE_MS = 600

/** Each log has a client of its own, as in a process of its own. */
const openRedisStore: OpenStore = async ({ keepFor }) => {
  const { url } = await startRedis()
  const processes = new Map<StreamLog, LogProcess>()
  return {
    open() {
      const process = startLog(url, { keepFor, leaseMs: LEASE_MS })
      processes.set(process.log, process)
      return process.log
    },
    async lose(log) {
      processes.get(log)!.redis.disconnect()
      await sleep(LEASE_MS)
    },
    freeze: (log) => processes.get(log)!.freeze(),
    pass: (milliseconds) => sleep(milliseconds),
    // With the test.
    close: () => {},
  }
}

describe('createRedisLog keeps the contract: it', () => {
  for (const { name, check } of logContract(openRedisStore, { durable: true, shared: true })) {
    it(name, check)
  }
})
