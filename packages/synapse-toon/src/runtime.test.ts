import { describe, expect, it } from 'vitest'
import { makeConnection } from '../test/connection-kit.ts'
import { FakeSink } from '../test/fake-sink.ts'
import { createMemoryLog } from './log/memory.ts'
import type { MemoryRecords } from './log/memory-records.ts'
import { Runtime } from './runtime.ts'
import { DEFAULT_SETTINGS, resolveOptions } from './stream/resolve-options.ts'
import type { StreamOptions } from './stream/settings.ts'
import { createFakeClock } from './testing/fake-clock.ts'

const MIB = 1024 * 1024
const MAX_BUFFER = 1024

/** 100 bytes of JSON, its number among them. */
const deltaOf = (n: number) => `${n} `.padEnd(88, '.')

/**
 * A stream that nobody can come back to, with a client that takes nothing until it is told to. Its
 * source gives `total` chunks as fast as they are taken, and counts them.
 */
async function serveOnce(total: number, options: StreamOptions) {
  const clock = createFakeClock()
  const runtime = new Runtime({ log: createMemoryLog({ clock }), clock })
  const given = { ...options, resume: false, maxBufferSize: MAX_BUFFER }
  const settings = resolveOptions(given, DEFAULT_SETTINGS)
  const counter = { pulled: 0 }
  function* source() {
    for (; counter.pulled < total; counter.pulled++) yield { delta: deltaOf(counter.pulled) }
  }
  const input = { source: source(), transform: undefined, lastEventId: undefined }
  const stream = await runtime.create({ ...input, settings, keepAll: false })
  const sink = new FakeSink({ takesAll: false, highWaterMark: 2 ** 30 })
  const log = stream.log as MemoryRecords
  const { wheel, flusher } = runtime
  const made = makeConnection({ stream, log, sink, clock, wheel, flusher, options: given })
  made.connection.start()
  stream.start()
  /** Until it is not asked for more. */
  const settle = async () => {
    for (let before = -1; before !== counter.pulled; ) {
      before = counter.pulled
      await clock.advance(0)
    }
  }
  return { stream, sink, counter, settle }
}

describe('the window of a stream that nobody can come back to', () => {
  it('under "merge" takes all of an answer while its client takes nothing, which then gets it in a few events', async () => {
    const total = 20_000
    const { stream, sink, counter, settle } = await serveOnce(total, { slowClient: 'merge' })
    await settle()
    expect(counter.pulled).toBe(total)
    expect(stream.summary?.reason).toBe('complete')
    while (!sink.closed) sink.take()
    const text = sink.payloads.map((each) => (each as { delta: string }).delta).join('')
    expect(text).toBe(Array.from({ length: total }, (_, n) => deltaOf(n)).join(''))
    // What was merged is at most 16 KiB for each event.
    expect(sink.payloads.length).toBeLessThan(total / 100)
    expect(sink.events.map(({ event }) => event)).not.toContain('gap')
  })

  it('under "merge" makes the source wait once 8 MiB wait for the client, and no longer than that', async () => {
    const total = 200_000
    const { stream, sink, counter, settle } = await serveOnce(total, { slowClient: 'merge' })
    await settle()
    expect(counter.pulled * 100).toBeGreaterThan(8 * MIB)
    expect(counter.pulled * 100).toBeLessThan(8 * MIB + 4 * MAX_BUFFER)
    expect(stream.ended).toBe(false)
    const { pulled } = counter
    sink.take()
    await settle()
    expect(counter.pulled).toBeGreaterThan(pulled)
    stream.end('cancelled')
  })

  it('under "wait" is no larger than what a client may be behind', async () => {
    const { stream, counter, settle } = await serveOnce(20_000, { slowClient: 'wait' })
    await settle()
    expect(counter.pulled * 100).toBeLessThan(4 * MAX_BUFFER)
    stream.end('cancelled')
  })
})
