import { expect, it } from 'vitest'
import { startNode } from './child-process-kit.ts'
import { startRedis } from './redis-server.ts'

/** The built package: a process of its own cannot run TypeScript on every Node we support. */
const REDIS_LOG = new URL('../dist/redis.js', import.meta.url).href
const IOREDIS = import.meta.resolve('ioredis')

/** Uses two logs in a process of its own, closes them and its client, and lets it end by itself. */
function program(url: string, beforeClose: string): string {
  return `
    import { Redis } from ${JSON.stringify(IOREDIS)}
    import { createRedisLog } from ${JSON.stringify(REDIS_LOG)}
    const redis = new Redis(${JSON.stringify(url)}, { maxRetriesPerRequest: null })
    redis.on('error', () => {})
    const [one, two] = [1, 2].map(() => createRedisLog({ redis }))
    const writer = await one.create('stream', { principal: undefined })
    writer.append({ seq: 1, event: 'update', json: '1' })
    await writer.flushed()
    const reader = await two.open('stream')
    reader.subscribe(() => {})
    writer.append({ seq: 2, event: 'update', json: '2' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    ${beforeClose}
    await Promise.all([one.close(), two.close()])
    redis.disconnect()
    console.log('closed')
  `
}

it.each([
  ['there', false],
  ['away', true],
])('close lets the process end while Redis is %s', async (_, isAway) => {
  const server = await startRedis()
  const beforeClose = isAway
    ? `const isAway = new Promise((resolve) => process.once('SIGUSR2', resolve))
       console.log('ready')
       await isAway
       writer.append({ seq: 3, event: 'update', json: '3' })`
    : ''
  const child = startNode(['--input-type=module', '-e', program(server.url, beforeClose)])
  if (isAway) {
    await child.line('ready')
    await server.kill()
    child.signal('SIGUSR2')
  }
  expect(await child.exited).toEqual({ code: 0, signal: null })
  expect(child.stdout).toContain('closed')
})
