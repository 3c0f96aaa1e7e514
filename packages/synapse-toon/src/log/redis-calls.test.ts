import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFakeClock } from '../testing/fake-clock.ts'
import { nextTurn } from '../time/turn.ts'
import { RedisCalls } from './redis-calls.ts'
import { RedisOutage } from './redis-outage.ts'
import { CLAIM } from './redis-scripts.ts'

const AWAY = { code: 'ERR_SYNAPSE_LOG_AWAY', status: 503 }

/** A client that answers nothing unless it is told to. */
class FakeClient extends EventEmitter {
  status = 'ready'
  server = 'redis_version:7.0.15'
  infos = 0
  connects = 0
  readonly sent: { script: string; resolve(answer: unknown): void; reject(error: Error): void }[] =
    []

  async info(): Promise<string> {
    this.infos++
    if (this.server.startsWith('NOPERM')) throw new Error(this.server)
    return `# Server\r\n${this.server}\r\nos:Linux\r\n`
  }

  async connect(): Promise<void> {
    this.connects++
  }

  evalsha(sha: string): Promise<unknown> {
    return this.#send(sha)
  }

  eval(lua: string): Promise<unknown> {
    return this.#send(lua)
  }

  is(status: 'ready' | 'close' | 'end'): void {
    this.status = status
    this.emit(status)
  }

  #send(script: string): Promise<unknown> {
    return new Promise((resolve, reject) => this.sent.push({ script, resolve, reject }))
  }
}

function setUp(status = 'ready') {
  const clock = createFakeClock()
  const client = new FakeClient()
  client.status = status
  let backs = 0
  const calls = new RedisCalls({
    redis: client as unknown as Redis,
    clock,
    outage: new RedisOutage(),
    onBack: () => backs++,
  })
  onTestFinished(() => calls.close())
  const run = () => calls.run(CLAIM, ['key'], ['value'])
  return { clock, client, calls, run, backs: () => backs }
}

describe('RedisCalls', () => {
  it('gives the answer, and leaves no timer', async () => {
    const { clock, client, run } = setUp()
    const answer = run()
    await nextTurn()
    client.sent[0]!.resolve(7)
    expect(await answer).toBe(7)
    expect(client.sent.map(({ script }) => script)).toEqual([CLAIM.sha])
    expect(clock.pending).toBe(0)
  })

  it('sends the whole script to a Redis that does not know it', async () => {
    const { client, run } = setUp()
    const answer = run()
    await nextTurn()
    client.sent[0]!.reject(new Error('NOSCRIPT No matching script.'))
    await nextTurn()
    expect(client.sent[1]!.script).toBe(CLAIM.lua)
    client.sent[1]!.resolve('ok')
    expect(await answer).toBe('ok')
  })

  it('rejects within 5 s without a connection, having put nothing into the queue', async () => {
    for (const status of ['connecting', 'reconnecting', 'close', 'connect']) {
      const { clock, client, run } = setUp(status)
      const rejected = expect(run()).rejects.toMatchObject(AWAY)
      await clock.advance(5000)
      await rejected
      client.is('ready')
      await nextTurn()
      expect(client.sent).toEqual([])
      expect(clock.pending).toBe(0)
    }
  })

  it('waits less for a connection where it is told to', async () => {
    const { clock, calls } = setUp('reconnecting')
    const rejected = expect(calls.run(CLAIM, ['key'], ['value'], 1_000)).rejects.toMatchObject(AWAY)
    await clock.advance(1_000)
    await rejected
  })

  it('sends what waits as soon as there is a connection', async () => {
    const { clock, client, run } = setUp('reconnecting')
    const answers = [run(), run()]
    await clock.advance(4000)
    client.is('ready')
    await nextTurn()
    expect(client.sent).toHaveLength(2)
    for (const { resolve } of client.sent) resolve('late')
    expect(await Promise.all(answers)).toEqual(['late', 'late'])
  })

  it('connects a client that was made with lazyConnect', async () => {
    const { client, run } = setUp('wait')
    void run().catch(() => {})
    await nextTurn()
    expect(client.connects).toBe(1)
  })

  it('rejects at once where the client was closed, or is while something waits', async () => {
    await expect(setUp('end').run()).rejects.toMatchObject(AWAY)
    const { client, run } = setUp('reconnecting')
    const rejected = expect(run()).rejects.toMatchObject(AWAY)
    client.is('end')
    await rejected
  })

  it('sends nothing more on a connection that leaves a call without an answer', async () => {
    const { clock, client, run } = setUp()
    const stuck = run()
    const rejected = expect(stuck).rejects.toMatchObject(AWAY)
    await clock.advance(5000)
    await rejected
    const waiting = run()
    await clock.advance(4000)
    expect(client.sent).toHaveLength(1)
    client.sent[0]!.resolve('at last')
    await nextTurn()
    expect(client.sent).toHaveLength(2)
    client.sent[1]!.resolve('ok')
    expect(await waiting).toBe('ok')
  })

  it('forgets what it waited for when the connection is gone: some clients drop it', async () => {
    const { clock, client, run, backs } = setUp()
    const rejected = expect(run()).rejects.toMatchObject(AWAY)
    await clock.advance(2000)
    client.is('close')
    client.is('ready')
    expect(backs()).toBe(1)
    await clock.advance(3000)
    await rejected
    const next = run()
    await nextTurn()
    client.sent[1]!.resolve('ok')
    expect(await next).toBe('ok')
  })

  it('tells how long there was no trouble: none so far, then from the last on', async () => {
    const { clock, client, calls, run } = setUp()
    expect(calls.calmFor).toBe(Number.POSITIVE_INFINITY)
    client.is('close')
    await clock.advance(300)
    expect(calls.calmFor).toBe(300)
    client.is('ready')
    expect(calls.calmFor).toBe(0)
    await clock.advance(200)
    const rejected = expect(run()).rejects.toMatchObject(AWAY)
    await nextTurn()
    client.sent[0]!.reject(new Error('OOM command not allowed'))
    await rejected
    expect(calls.calmFor).toBe(0)
    await clock.advance(50)
    calls.trouble()
    await clock.advance(70)
    expect(calls.calmFor).toBe(70)
  })

  it('keeps what was sent out of its errors', async () => {
    const { client, run } = setUp()
    const failed = run().catch((error: unknown) => error)
    await nextTurn()
    const command = { name: 'evalsha', args: ['a secret text'] }
    client.sent[0]!.reject(Object.assign(new Error('OOM command not allowed'), { command }))
    const { cause } = (await failed) as { cause: Error }
    expect(cause.message).toBe('OOM command not allowed')
    expect(Object.keys(cause)).toEqual([])
  })

  it('rejects what waits, and what comes, once it is closed; and listens no more', async () => {
    const { client, calls, run } = setUp('reconnecting')
    const rejected = expect(run()).rejects.toMatchObject(AWAY)
    calls.close()
    await rejected
    client.is('ready')
    await expect(run()).rejects.toMatchObject(AWAY)
    expect(client.eventNames()).toEqual([])
  })

  it.each(['5.0.14', '6.0.16', '6.1.240'])(
    'refuses Redis %s, saying what it needs',
    async (version) => {
      const { client, run } = setUp()
      client.server = `redis_version:${version}`
      for (let n = 0; n < 2; n++) {
        await expect(run()).rejects.toMatchObject({
          code: 'ERR_SYNAPSE_REDIS_VERSION',
          message: `the log needs Redis 6.2 or newer, this one is ${version}`,
        })
      }
      expect(client.sent).toEqual([])
    },
  )

  it.each([
    'redis_version:6.2.0',
    'redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.0',
    'redis_version:8.0.1',
    'redis_version:10.0.0',
    'server_name:another',
    'NOPERM this user has no permissions to run the info command',
  ])('takes %j, asking once', async (server) => {
    const { client, run } = setUp()
    client.server = server
    for (let n = 0; n < 3; n++) {
      const answer = run()
      await nextTurn()
      client.sent[n]!.resolve(n)
      expect(await answer).toBe(n)
    }
    expect(client.infos).toBe(1)
  })
})
