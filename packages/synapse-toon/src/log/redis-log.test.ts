import { EventEmitter } from 'node:events'
import type { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { createRedisLog, type RedisLogOptions } from './redis-log.ts'

const client = Object.assign(new EventEmitter(), {
  options: {},
  duplicate() {},
  evalsha() {},
}) as unknown as Redis

describe('createRedisLog', () => {
  it.each<[string, Partial<Record<keyof RedisLogOptions, unknown>>]>([
    ['redis', { redis: undefined }],
    ['redis', { redis: 'redis://localhost' }],
    ['prefix', { prefix: 7 }],
    ['maxBytes', { maxBytes: 0 }],
    ['maxBytes', { maxBytes: Number.NaN }],
    ['keepFor', { keepFor: 0 }],
    ['keepFor', { keepFor: 2 ** 31 }],
    ['leaseMs', { leaseMs: 99 }],
    ['leaseMs', { leaseMs: 0.5 }],
    ['outageFor', { outageFor: -1 }],
    ['outageFor', { outageFor: '30s' }],
  ])('refuses a wrong %s: %j', (name, options) => {
    const make = () => createRedisLog({ redis: client, ...options } as RedisLogOptions)
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_SYNAPSE_INVALID_OPTION' }))
    expect(make).toThrow(`${name} must be`)
  })

  it('listens to its client until it is closed, and connects nowhere by itself', async () => {
    const log = createRedisLog({ redis: client })
    expect(client.eventNames()).not.toEqual([])
    await log.close()
    await log.close()
    expect(client.eventNames()).toEqual([])
  })
})
