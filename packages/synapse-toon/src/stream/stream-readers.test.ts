import { describe, expect, it, vi } from 'vitest'
import { makeStream, TestReader } from '../../test/stream-kit.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createScriptedSource } from '../testing/scripted-source.ts'
import type { StreamOptions } from './settings.ts'
import type { LeaveReason } from './stream.ts'

const SLOT_MS = 25

/** A stream in the middle of an answer, with one reader. */
async function running(options: StreamOptions, { announced = true } = {}) {
  const clock = createFakeClock()
  const scripted = createScriptedSource([{ yield: 1 }, { hang: true }], clock)
  const kit = makeStream(scripted.source, { clock, options })
  const reader = new TestReader()
  kit.stream.attach(reader)
  kit.stream.start()
  if (announced) kit.stream.announce()
  await clock.advance(0)
  return { ...kit, reader, scripted }
}

describe('a stream whose last reader has gone', () => {
  it('goes on for continueFor where the client can come back', async () => {
    const { stream, reader, clock, wheel } = await running({ continueFor: 5000 })
    stream.detach(reader, 'client-left')
    await clock.advance(4999)
    expect(stream.ended).toBe(false)
    await clock.advance(1 + SLOT_MS)
    expect(stream.summary).toMatchObject({ reason: 'client-left' })
    expect(wheel.size).toBe(0)
  })

  it.each<LeaveReason>(['stalled-client', 'overflow'])(
    'ends, once continueFor is over, for the reason %s for which it went',
    async (reason) => {
      const { stream, reader, clock } = await running({ continueFor: 100 })
      stream.detach(reader, reason)
      await clock.advance(100 + SLOT_MS)
      expect(stream.summary).toMatchObject({ reason })
    },
  )

  it('stays when the client comes back in time, as often as it does', async () => {
    const { stream, reader, clock, wheel } = await running({ continueFor: 5000 })
    for (let visit = 0; visit < 3; visit++) {
      stream.detach(reader, 'client-left')
      await clock.advance(4000)
      stream.attach(reader)
    }
    await clock.advance(20_000)
    expect(stream.ended).toBe(false)
    stream.end('cancelled')
    expect(wheel.size).toBe(0)
  })

  it.each<[string, StreamOptions, { announced: boolean }]>([
    ['resume is off', { resume: false }, { announced: true }],
    ['the client was not told the id yet', {}, { announced: false }],
    ['onDisconnect is cancel', { onDisconnect: 'cancel' }, { announced: true }],
    ['continueFor is 0', { continueFor: 0 }, { announced: true }],
  ])('ends at once when %s', async (_when, options, how) => {
    const { stream, reader, scripted, wheel } = await running(options, how)
    stream.detach(reader, 'client-left')
    expect(stream.summary).toMatchObject({ reason: 'client-left' })
    expect(scripted.signalReason).toMatchObject({ code: 'ERR_SYNAPSE_INTERRUPTED' })
    expect(wheel.size).toBe(0)
  })

  it('goes on with onDisconnect continue, even when the client can not come back', async () => {
    const options = { resume: false, onDisconnect: 'continue', continueFor: 1000 } as const
    const { stream, reader, clock } = await running(options, { announced: false })
    stream.detach(reader, 'client-left')
    await clock.advance(900)
    expect(stream.ended).toBe(false)
    await clock.advance(200)
    expect(stream.summary).toMatchObject({ reason: 'client-left' })
  })

  it('stays while another reader is there', async () => {
    const { stream, reader, clock } = await running({ onDisconnect: 'cancel' })
    const other = new TestReader()
    stream.attach(other)
    stream.detach(reader, 'client-left')
    await clock.advance(1000)
    expect(stream.ended).toBe(false)
    stream.detach(other, 'client-left')
    expect(stream.ended).toBe(true)
  })

  it('does not end for a reader that was never there, or went already', async () => {
    const { stream } = await running({ onDisconnect: 'cancel' })
    stream.detach(new TestReader(), 'client-left')
    expect(stream.ended).toBe(false)
    stream.end('cancelled')
  })

  it('waits no longer when the same reader is said to be gone again', async () => {
    const { stream, reader, clock } = await running({ continueFor: 5000 })
    stream.detach(reader, 'client-left')
    await clock.advance(4000)
    stream.detach(reader, 'client-left')
    await clock.advance(1000 + SLOT_MS)
    expect(stream.ended).toBe(true)
  })

  it('does nothing more when it has ended before', async () => {
    const { stream, reader, wheel } = await running({})
    stream.end('cancelled')
    stream.detach(reader, 'client-left')
    expect(stream.summary).toMatchObject({ reason: 'cancelled' })
    expect(wheel.size).toBe(0)
  })
})

describe('a stream that starts without a reader', () => {
  it('waits continueFor for one', async () => {
    const { stream, clock } = makeStream(createScriptedSource([{ hang: true }]).source, {
      options: { continueFor: 5000 },
    })
    stream.start()
    await clock.advance(4999)
    expect(stream.ended).toBe(false)
    await clock.advance(1 + SLOT_MS)
    expect(stream.summary).toMatchObject({ reason: 'client-left' })
  })

  it('ends with continueFor 0 before its source is asked', async () => {
    const source = vi.fn(() => [1])
    const { stream, wheel, clock } = makeStream(source, { options: { continueFor: 0 } })
    stream.start()
    await clock.advance(0)
    expect(stream.summary).toMatchObject({ reason: 'client-left', chunks: 0 })
    expect(source).not.toHaveBeenCalled()
    expect(wheel.size).toBe(0)
  })

  it('leaves no timer behind when its reader had gone before the start', async () => {
    const { stream, wheel, clock } = makeStream([1], { options: { onDisconnect: 'continue' } })
    const reader = new TestReader()
    stream.attach(reader)
    stream.detach(reader, 'client-left')
    stream.start()
    expect((await stream.done).reason).toBe('complete')
    expect(wheel.size).toBe(0)
    expect(clock.pending).toBe(0)
  })
})

/** An endless source of records of ten bytes of JSON, that counts what is taken from it. */
function counted() {
  const counter = { pulled: 0 }
  function* source() {
    while (true) {
      counter.pulled++
      yield '12345678'
    }
  }
  return { counter, source: source() }
}

describe('the pull of a stream', () => {
  it('waits when every reader holds back, and not when one of them does', async () => {
    const { counter, source } = counted()
    const { stream, clock } = makeStream(source, {
      // One chunk for each ms of the clock.
      transform: (chunk: string) =>
        new Promise((resolve) => void clock.after(1, () => resolve(chunk))),
    })
    const [first, second] = [new TestReader(), new TestReader()]
    stream.attach(first)
    stream.attach(second)
    stream.start()
    await clock.advance(10)
    expect(counter.pulled).toBe(11)
    first.hold(stream, true)
    await clock.advance(10)
    expect(counter.pulled).toBe(21)
    second.hold(stream, true)
    await clock.advance(100)
    // The one that was on its way.
    expect(counter.pulled).toBe(21)
    expect(stream.chunks).toBe(21)
    second.hold(stream, false)
    await clock.advance(10)
    expect(counter.pulled).toBe(32)
    stream.end('cancelled')
  })

  it('does not begin while its only reader has no room', async () => {
    const { counter, source } = counted()
    const { stream, clock } = makeStream(source)
    const reader = new TestReader()
    reader.holdsBack = true
    stream.attach(reader)
    stream.start()
    await clock.advance(1000)
    expect(counter.pulled).toBe(0)
    stream.end('cancelled')
  })

  it('goes on when the reader that held back leaves, for those that come back for it', async () => {
    const { counter, source } = counted()
    const { stream, clock } = makeStream(source, { maxBytes: 100 })
    const reader = new TestReader()
    reader.holdsBack = true
    stream.attach(reader)
    stream.announce()
    stream.start()
    await clock.advance(0)
    stream.detach(reader, 'stalled-client')
    await clock.advance(0)
    expect(counter.pulled).toBe(10)
    stream.end('cancelled')
  })

  it('waits when what nobody has read fills the log, and takes as much as is read', async () => {
    const { counter, source } = counted()
    const { stream, log, clock } = makeStream(source, { maxBytes: 100 })
    stream.attach(new TestReader())
    stream.start()
    await clock.advance(1000)
    expect(counter.pulled).toBe(10)
    expect(log.unreadBytes).toBe(100)
    stream.passed(3)
    await clock.advance(1000)
    expect(counter.pulled).toBe(13)
    stream.passed(13)
    await clock.advance(1000)
    expect(counter.pulled).toBe(23)
    // Nothing unread was dropped.
    expect(log.firstSeq).toBe(14)
    stream.end('cancelled')
  })

  it('waits in the same way when nobody is there, and ends while it waits', async () => {
    const { counter, source } = counted()
    const { stream, clock, wheel } = makeStream(source, { maxBytes: 95 })
    stream.start()
    await clock.advance(1000)
    expect(counter.pulled).toBe(10)
    stream.end('cancelled')
    await clock.advance(1000)
    expect(counter.pulled).toBe(10)
    expect(wheel.size).toBe(0)
  })

  it('takes one record that is larger than the log, and waits behind it', async () => {
    const { stream, log, clock } = makeStream(['x'.repeat(500), 'y'], { maxBytes: 100 })
    stream.attach(new TestReader())
    stream.start()
    await clock.advance(0)
    expect(log.lastSeq).toBe(1)
    stream.passed(1)
    await clock.advance(0)
    expect(stream.summary).toMatchObject({ reason: 'complete', chunks: 2 })
  })
})
