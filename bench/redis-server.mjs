import { spawn } from 'node:child_process'
import { createServer } from 'node:net'

/** A redis-server on a free port of loopback, without a disk. */
export async function createSpawnedRedis() {
  const port = await freePort()
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const server = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve, reject) => {
    server.on('error', () => reject(new Error('redis-server is not installed')))
    server.stdout.on('data', (text) => `${text}`.includes('Ready to accept') && resolve())
  })
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill('SIGKILL') }
}

async function freePort() {
  const probe = createServer()
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return port
}
