import { spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { Redis } from 'ioredis'
import { onTestFinished } from 'vitest'

export interface RedisServer {
  readonly url: string
  /** For the test itself. */
  readonly redis: Redis
}

/** A real redis-server on a free port of loopback, without a disk, ended with the test. */
export async function startRedis(): Promise<RedisServer> {
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void server.kill('SIGKILL'))
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.stdout.on(
      'data',
      (text) => `${text}`.includes('Ready to accept connections') && resolve(),
    )
  })
  const url = `redis://127.0.0.1:${port}`
  const redis = new Redis(url)
  onTestFinished(() => void redis.disconnect())
  return { url, redis }
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
