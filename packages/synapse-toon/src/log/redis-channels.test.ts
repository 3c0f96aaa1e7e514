import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { nextTurn } from '../time/turn.ts'
import { RedisChannels } from './redis-channels.ts'
import { RedisOutage } from './redis-outage.ts'

/** A connection that does what it is asked to when it is told to. */
class FakeConnection extends EventEmitter {
  status = 'connecting'
  readonly subscribed: string[][] = []
  readonly unsubscribed: string[] = []
  readonly acknowledge: (() => void)[] = []
  pings = 0
  readonly answerPing: (() => void)[] = []
  readonly disconnects: (boolean | undefined)[] = []
  refusal: Error | undefined

  subscribe(...channels: string[]): Promise<void> {
    this.subscribed.push(channels)
    if (this.refusal !== undefined) return Promise.reject(this.refusal)
    return new Promise((resolve) => this.acknowledge.push(resolve))
  }

  async unsubscribe(channel: string): Promise<void> {
    this.unsubscribed.push(channel)
  }

  ping(): Promise<void> {
    this.pings++
    return new Promise((resolve) => this.answerPing.push(resolve))
  }

  disconnect(reconnect?: boolean): void {
    this.disconnects.push(reconnect)
  }

  is(status: 'ready' | 'close'): void {
    this.status = status
    this.emit(status)
  }
}

/** Writes down when it was begun and when it was over. */
class HeardOutage extends RedisOutage {
  readonly heard: string[] = []

  override begin(_: 'commands' | 'messages', error: unknown): void {
    this.heard.push(String(error))
  }
}

function setUp() {
  const connection = new FakeConnection()
  const outage = new HeardOutage()
  let made = 0
  const client = {
    duplicate() {
      made++
      return connection
    },
  }
  const channels = new RedisChannels(client as unknown as Redis, outage)
  const heard: string[] = []
  const join = (channel: string, name = channel) =>
    channels.join(channel, {
      onMessage: (message) => heard.push(`${name}: ${message}`),
      onJoined: () => heard.push(`${name} joined`),
    })
  const acknowledgeAll = async () => {
    for (const acknowledge of connection.acknowledge.splice(0)) acknowledge()
    await nextTurn()
  }
  return { channels, connection, outage, heard, join, acknowledgeAll, made: () => made }
}

describe('RedisChannels', () => {
  it('connects when the first channel is joined, once for all', () => {
    const { join, made } = setUp()
    expect(made()).toBe(0)
    for (const channel of ['a', 'b', 'c']) join(channel)
    expect(made()).toBe(1)
  })

  it('joins all that are wanted whenever there is a connection, and says so once they are', async () => {
    const { connection, heard, join, acknowledgeAll } = setUp()
    join('a')
    const leave = join('b')
    expect(connection.subscribed).toEqual([])
    connection.is('ready')
    expect(connection.subscribed).toEqual([['a', 'b']])
    expect(heard).toEqual([])
    await acknowledgeAll()
    join('c')
    leave()
    await acknowledgeAll()
    connection.is('close')
    join('d')
    connection.is('ready')
    await acknowledgeAll()
    expect(connection.subscribed).toEqual([['a', 'b'], ['c'], ['a', 'c', 'd']])
    expect(connection.unsubscribed).toEqual(['b'])
    expect(heard).toEqual(['a', 'b', 'c', 'a', 'c', 'd'].map((name) => `${name} joined`))
  })

  it('gives a message to the one who listens to its channel', () => {
    const { connection, heard, join } = setUp()
    join('a')
    const leave = join('b')
    connection.emit('message', 'b', '1')
    leave()
    connection.emit('message', 'b', '2')
    connection.emit('message', 'a', '3')
    connection.emit('message', 'unknown', '4')
    expect(heard).toEqual(['b: 1', 'a: 3'])
  })

  it('tells nobody of a channel that was left, or joined again by another, in the meantime', async () => {
    const { connection, heard, join, acknowledgeAll } = setUp()
    connection.status = 'ready'
    const leave = join('a', 'first')
    leave()
    join('a', 'second')
    leave()
    connection.emit('message', 'a', '1')
    await acknowledgeAll()
    expect(heard).toEqual(['second: 1', 'second joined'])
    expect(connection.unsubscribed).toEqual(['a'])
  })

  it('joins thousands in commands of a thousand', () => {
    const { connection, join } = setUp()
    for (let n = 0; n < 2_500; n++) join(`${n}`)
    connection.is('ready')
    expect(connection.subscribed.map(({ length }) => length)).toEqual([1000, 1000, 500])
  })

  it('closes a connection that answers no ping, once, and leaves one alone that does', async () => {
    const { channels, connection, join } = setUp()
    channels.check()
    join('a')
    channels.check()
    connection.is('ready')
    for (let n = 0; n < 3; n++) {
      channels.check()
      connection.answerPing.shift()!()
      await nextTurn()
    }
    expect(connection.pings).toBe(3)
    for (let n = 0; n < 5; n++) channels.check()
    expect(connection.pings).toBe(4)
    expect(connection.disconnects).toEqual([true])
    connection.is('close')
    connection.is('ready')
    // The answer of the old connection, if it comes at all, is not that of the new one.
    channels.check()
    expect(connection.pings).toBe(5)
    expect(connection.disconnects).toEqual([true])
  })

  it('closes a connection that is accepted and then never ready', () => {
    const { channels, connection, join } = setUp()
    join('a')
    for (let attempt = 1; attempt <= 2; attempt++) {
      connection.status = 'connecting'
      channels.check()
      connection.status = 'connect'
      for (let n = 0; n < 3; n++) channels.check()
      expect(connection.disconnects).toHaveLength(attempt)
      connection.is('close')
    }
    expect(connection.pings).toBe(0)
  })

  it('says that Redis is away where connecting fails, and not where a connection was cut', () => {
    const { connection, outage, join } = setUp()
    join('a')
    connection.emit('error', new Error('ECONNREFUSED'))
    connection.is('ready')
    connection.emit('error', new Error('ECONNRESET'))
    connection.is('close')
    connection.emit('error', new Error('EPIPE'))
    expect(outage.heard).toEqual(['Error: ECONNREFUSED'])
  })

  it('says so where Redis refuses a channel', async () => {
    const { connection, outage, join } = setUp()
    connection.refusal = Object.assign(new Error('NOPERM no access to channels'), {
      name: 'ReplyError',
    })
    join('a')
    connection.is('ready')
    await nextTurn()
    expect(outage.heard).toEqual(['ReplyError: NOPERM no access to channels'])
    connection.refusal = new Error('Connection is closed.')
    join('b')
    await nextTurn()
    expect(outage.heard).toHaveLength(1)
  })

  it('joins nothing once it is closed', () => {
    const { channels, connection, join, made } = setUp()
    join('a')
    channels.close()
    expect(connection.disconnects).toEqual([undefined])
    join('b')()
    connection.is('ready')
    expect(connection.subscribed).toEqual([])
    const unused = setUp()
    unused.channels.close()
    unused.join('a')
    expect([made(), unused.made()]).toEqual([1, 0])
  })
})
