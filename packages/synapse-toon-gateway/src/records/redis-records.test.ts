import { createServer } from 'node:net'
import { createFaultProxy } from 'synapse-toon/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
// Tests of both packages start the same real programs.
import { startRedis } from '../../../synapse-toon/test/redis-server.ts'
import { SettingError } from '../setting-error.ts'
import { openRedisRecords } from './redis-records.ts'

function report() {
  const lines: { level: string; fields: object; message: string }[] = []
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message })
  return { lines, warn: write('warn'), info: write('info') }
}

const common = { prefix: 'test', keepFor: undefined }

async function open(url: string, to = report()) {
  const records = await openRedisRecords({ ...common, url }, to)
  onTestFinished(async () => {
    await records.log.close()
    await records.close()
  })
  return records
}

async function problem(url: string): Promise<string> {
  const failed = await openRedisRecords({ ...common, url }, report()).catch((error) => error)
  if (!(failed instanceof SettingError)) throw failed
  expect(failed).toMatchObject({ setting: 'redisUrl', exitCode: 1, cause: undefined })
  return failed.problem
}

describe('records in Redis', () => {
  it('are shared, and say where they are without a password', async () => {
    const { url, redis } = await startRedis()
    await redis.config('SET', 'requirepass', 'secret')
    const { host } = new URL(url)
    const { log, note, kind, isReady } = await open(`redis://:secret@${host}/3`)
    expect(kind).toBe('redis')
    expect(note).toContain(`in Redis at ${host}/3, prefix test:`)
    expect(note).not.toContain('secret')
    expect(log.shared).toBe(true)
    expect(await isReady()).toBe(true)
  })

  it('warn of a Redis that may throw away answers', async () => {
    const { url, redis } = await startRedis()
    await redis.config('SET', 'maxmemory', '100mb')
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    const to = report()
    await open(url, to)
    expect(to.lines).toMatchObject([{ level: 'warn', fields: { policy: 'allkeys-lru' } }])
    expect(to.lines[0]?.message).toContain('maxmemory-policy noeviction')
    await redis.config('SET', 'maxmemory-policy', 'noeviction')
    const quiet = report()
    await open(url, quiet)
    expect(quiet.lines).toEqual([])
  })

  it('are not ready while Redis takes commands and says nothing', async () => {
    const server = await startRedis()
    const proxy = await createFaultProxy({ target: server })
    onTestFinished(() => proxy.close())
    const { isReady } = await open(`redis://${proxy.host}:${proxy.port}`)
    expect(await isReady()).toBe(true)
    proxy.apply({ stall: true })
    expect(await isReady()).toBe(false)
    proxy.apply({ resume: true })
    await expect.poll(isReady).toBe(true)
  })

  it('say once that Redis is away, however often it is tried, and once that it is back', async () => {
    const server = await startRedis()
    const { host } = new URL(server.url)
    const to = report()
    const { isReady } = await open(server.url, to)
    await server.stop()
    await expect.poll(isReady).toBe(false)
    const attempts = await countConnections(server.port, 3)
    await server.restart()
    await expect.poll(isReady, { timeout: 10_000 }).toBe(true)
    expect(attempts).toBe(3)
    expect(to.lines).toMatchObject([
      { level: 'warn', fields: { redisAt: host }, message: expect.stringContaining('is away') },
      { level: 'info', fields: { redisAt: host }, message: 'Redis is back' },
    ])
  })

  it('say nothing when they are closed on purpose', async () => {
    const { url } = await startRedis()
    const to = report()
    const records = await openRedisRecords({ ...common, url }, to)
    await records.log.close()
    await records.close()
    expect(await records.isReady()).toBe(false)
    expect(to.lines).toEqual([])
  })
})

describe('a Redis that cannot be used', () => {
  it('because nothing is there is told with its address and the cure', async () => {
    const text = await problem('redis://me:secret@127.0.0.1:1')
    expect(text).toContain('at 127.0.0.1:1 cannot be used (connect ECONNREFUSED 127.0.0.1:1)')
    expect(text).toContain('start it, correct the address, or use --log level')
    expect(text).not.toContain('secret')
  })

  it('because it refuses the password is told without the password', async () => {
    const { url, redis } = await startRedis()
    await redis.config('SET', 'requirepass', 'right')
    const text = await problem(url.replace('//', '//:wrong-secret@'))
    expect(text).toContain('WRONGPASS')
    expect(text).not.toContain('wrong-secret')
  })

  it('because its user may not run scripts is told at the start', async () => {
    const { url, redis } = await startRedis()
    await redis.call(
      'ACL',
      'SETUSER',
      'reader',
      'on',
      '>secret',
      '~*',
      '+@read',
      '+@connection',
      '+info',
    )
    const text = await problem(url.replace('//', '//reader:secret@'))
    expect(text).toContain('cannot be used (NOPERM')
    expect(text).not.toContain('secret')
  })
})

/** Takes so many connections on a port and closes each, as a server that is not there yet. */
async function countConnections(port: number, count: number): Promise<number> {
  let taken = 0
  const server = createServer()
  const enough = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      socket.destroy()
      if (++taken === count) resolve()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await enough
  await new Promise((resolve) => server.close(resolve))
  return taken
}
