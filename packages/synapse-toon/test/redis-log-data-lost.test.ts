import { describe, expect, it } from 'vitest'
import { listenToWarnings } from './process-events.ts'
import {
  append,
  expectNoStrays,
  expectWhole,
  finish,
  follow,
  followAll,
  produce,
  range,
  seqsOf,
} from './redis-log-follow.ts'
import { openKnown, readFrom, startLog, untilAsked } from './redis-log-kit.ts'
import { startRedis } from './redis-server.ts'
import { until } from './test-server.ts'

/** Short, but longer than a restart takes. */
const LEASE_MS = 1_500

describe('a Redis that comes back without its data', () => {
  it('gets all that the producer still holds: nobody misses anything', async () => {
    expectNoStrays()
    const warnings = listenToWarnings()
    const server = await startRedis()
    const logs = [1, 2].map(() => startLog(server.url, { leaseMs: 60_000 }).log)
    const produced = await Promise.all(['stream', 'quiet'].map((id) => produce(logs[0]!, id)))
    const followers = await Promise.all(
      logs.flatMap((log) =>
        produced.map(async ({ writer }) => follow(await openKnown(log, writer.streamId))),
      ),
    )
    const [{ writer }, quiet] = produced as [(typeof produced)[0], (typeof produced)[0]]
    await append(writer, 100)
    await append(quiet.writer, 10)
    for (let restart = 0; restart < 2; restart++) {
      await writer.flushed()
      await server.kill()
      await server.restart()
      // While it is quiet, only the renewals can find out: one is made at once, the next in 20 s.
      await untilAsked(
        async () => (await server.redis.exists('{synapse-toon:quiet}:meta')) === 1,
        'it is made anew',
      )
      await append(writer, 50)
    }
    const { log } = startLog(server.url)
    await untilAsked(
      async () => (await openKnown(log, 'quiet')).lastSeq === 10,
      'all is there again',
    )
    for (const one of produced) {
      await finish(
        one.writer,
        followers.filter(({ reader }) => reader.streamId === one.writer.streamId),
      )
      const again = await openKnown(log, one.writer.streamId)
      expect(again.principal).toBe('ann')
      expect(seqsOf(await readFrom(again))).toEqual(range(1, one.writer.lastSeq))
    }
    for (const follower of followers) {
      const owner = produced.find((one) => one.writer.streamId === follower.reader.streamId)!
      expectWhole(follower, owner.writer)
      expect(owner.told.lost).toBe(0)
    }
    expect((await warnings()).filter((code) => code === 'SYNAPSE_LOG').length).toBeGreaterThan(0)
  }, 60_000)

  it('gets what it lacks where it comes back as it was some time ago', async () => {
    const server = await startRedis()
    const logs = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const produced = await Promise.all(['busy', 'quiet'].map((id) => produce(logs[0]!, id)))
    const followers = await followAll(logs, produced)
    const keys = produced.flatMap(({ writer }) =>
      ['meta', 'records'].map((name) => `{synapse-toon:${writer.streamId}}:${name}`),
    )
    for (const { writer } of produced) {
      await append(writer, 20)
      await writer.flushed()
    }
    const copies = await Promise.all(keys.map((key) => server.redis.dumpBuffer(key)))
    for (const { writer } of produced) {
      await append(writer, 20)
      await writer.flushed()
    }
    for (const [n, key] of keys.entries()) {
      await server.redis.restore(key, 60_000, copies[n]!, 'REPLACE')
    }
    const [busy, quiet] = produced
    await append(busy!.writer, 1)
    await busy!.writer.flushed()
    const { log } = startLog(server.url)
    expect(seqsOf(await readFrom(await openKnown(log, 'busy')))).toEqual(range(1, 41))
    // While it is quiet, only the renewals can find out.
    const records = '{synapse-toon:quiet}:records'
    await untilAsked(async () => (await server.redis.xlen(records)) === 40, 'all is there again')
    for (const { writer, told } of [busy!, quiet!]) {
      const here = followers.filter(({ reader }) => reader.streamId === writer.streamId)
      await finish(writer, here)
      for (const follower of here) expectWhole(follower, writer)
      expect(told.lost).toBe(0)
    }
  }, 30_000)

  it('has a hole where nobody holds the records any more: reading begins behind it', async () => {
    const server = await startRedis()
    const logs = [1, 2].map(() => startLog(server.url, { leaseMs: LEASE_MS }).log)
    const { writer, told } = await produce(logs[0]!)
    const follower = follow(await openKnown(logs[1]!, 'stream'))
    for (let n = 0; n < 60; n++) {
      await append(writer, 10, 'x'.repeat(1_000))
      await writer.flushed()
    }
    await until(() => follower.records.length === 600, 'all is read')
    await server.kill()
    await server.restart()
    await append(writer, 10)
    await finish(writer, [follower])
    // Who was there has it all.
    expectWhole(follower, writer)
    const late = await openKnown(startLog(server.url).log, 'stream')
    const records = await readFrom(late)
    const from = records[0]!.seq
    expect(from).toBeGreaterThan(300)
    expect(from).toBeLessThan(600)
    expect(seqsOf(records)).toEqual(range(from, 611))
    expect(late).toMatchObject({ firstSeq: from, lastSeq: 611, ended: true, bytes: writer.bytes })
    expect(told.lost).toBe(0)
  }, 30_000)

  it('and without the producer ends the stream for those who knew it, all at one position', async () => {
    const server = await startRedis()
    const leaseMs = 400
    const [a, b, c] = [1, 2, 3].map(() => startLog(server.url, { leaseMs }))
    const { writer } = await produce(a!.log)
    await append(writer, 5)
    await writer.flushed()
    const followers = await Promise.all(
      [b!, c!].map(async ({ log }) => follow(await openKnown(log, 'stream'))),
    )
    await until(() => followers.every(({ records }) => records.length === 5), 'all is read')
    a!.redis.disconnect()
    await server.kill()
    await server.restart()
    await until(() => followers.every(({ reader }) => reader.ended), 'the end is announced', 10_000)
    for (const { records } of followers) {
      expect(seqsOf(records)).toEqual(range(1, 6))
      expect(JSON.parse(records[5]!.json).code).toBe('producer-lost')
    }
    const late = await openKnown(startLog(server.url).log, 'stream')
    expect(late).toMatchObject({ firstSeq: 6, lastSeq: 6, ended: true, principal: 'ann' })
    await expect(a!.log.create('stream', { principal: undefined })).rejects.toMatchObject({
      status: 503,
    })
  }, 30_000)
})
