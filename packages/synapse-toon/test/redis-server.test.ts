import { existsSync } from 'node:fs'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { untilAsked } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

/** A client as a gateway has one: it comes back by itself. */
function connectTo(url: string): Redis {
  const redis = new Redis(url, { retryStrategy: () => 20 })
  redis.on('error', () => {})
  onTestFinished(() => void redis.disconnect())
  return redis
}

describe('a Redis of a test', () => {
  it('keeps nothing by default', async () => {
    const server = await startRedis()
    await server.redis.set('a', '1')
    expect(await server.stop()).toMatchObject({ code: 0 })
    await server.restart()
    expect(await server.redis.get('a')).toBeNull()
    expect(await server.info('persistence')).toMatchObject({ aof_enabled: '0' })
  })

  it('that is durable has every answered write after a kill, on the same port', async () => {
    const server = await startRedis({ durable: true })
    const { port, pid } = server
    const other = connectTo(server.url)
    for (let n = 1; n <= 200; n++) await other.xadd('stream', `${n}-0`, 'n', `${n}`)
    expect(await server.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    await until(() => other.status !== 'ready', 'the client has noticed')
    await server.restart()
    expect(await server.redis.xlen('stream')).toBe(200)
    expect(await other.xlen('stream')).toBe(200)
    expect(server.port).toBe(port)
    expect(server.pid).not.toBe(pid)
    expect((await server.redis.config('GET', 'appendfsync')) as string[]).toContain('always')
  })

  it('is restarted while it runs, and the commands of the test wait for it', async () => {
    const server = await startRedis({ durable: true })
    await server.redis.set('a', '1')
    await server.restart()
    expect(await server.redis.get('a')).toBe('1')
    await server.kill()
    const waiting = server.redis.get('a')
    await server.restart()
    expect(await waiting).toBe('1')
  })

  it('counts commands, those inside scripts too, until it is told to begin anew', async () => {
    const server = await startRedis()
    const script = "redis.call('XADD', KEYS[1], '*', 'a', '1') return 1"
    for (let n = 0; n < 3; n++) await server.redis.eval(script, 1, 'stream')
    expect(await server.commandCalls()).toMatchObject({ eval: 3, xadd: 3 })
    expect((await server.info('commandstats')).cmdstat_eval).toMatch(/^calls=3,/)
    await server.resetStats()
    expect((await server.commandCalls()).eval).toBeUndefined()
  })

  it("cuts every connection but the test's own, subscribers too", async () => {
    const server = await startRedis()
    const reader = connectTo(server.url)
    const subscriber = connectTo(server.url)
    await reader.ping()
    await subscriber.subscribe('news')
    await server.redis.ping()
    let closed = 0
    for (const client of [reader, subscriber]) client.on('close', () => closed++)
    let closedOwn = 0
    server.redis.on('close', () => closedOwn++)
    expect(await server.clientKill()).toBe(2)
    await until(() => closed === 2, 'both were cut')
    expect(closedOwn).toBe(0)
    // And they come back.
    expect(await reader.ping()).toBe('PONG')
    // Not by its status: it is ready before its subscription is back, and closing it then fails.
    let heard = 0
    subscriber.on('message', () => heard++)
    await untilAsked(async () => {
      await server.redis.publish('news', 'again')
      return heard > 0
    }, 'the subscriber is back')
  })
})

describe('when a test is over', () => {
  let folder = ''
  let pid = 0

  it('(a test with a durable Redis that was restarted)', async () => {
    const server = await startRedis({ durable: true })
    await server.restart()
    folder = ((await server.redis.config('GET', 'dir')) as string[])[1]!
    pid = server.pid
    expect(existsSync(folder)).toBe(true)
  })

  it('its Redis is gone, and its folder', () => {
    expect(existsSync(folder)).toBe(false)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })
})
