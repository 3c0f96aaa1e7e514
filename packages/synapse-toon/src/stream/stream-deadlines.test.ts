import { describe, expect, it } from 'vitest'
import { makeStream, type StreamKitOptions, TestReader } from '../../test/stream-kit.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createScriptedSource, type ScriptStep } from '../testing/scripted-source.ts'
import type { StreamOptions } from './settings.ts'

/** How late a deadline may be, in ms: one slot of the wheel. */
const SLOT_MS = 25

/** All but the one under test switched off. */
const only = (deadlines: StreamOptions['deadlines']): StreamOptions => ({
  deadlines: { connect: 0, firstChunk: 0, idle: 0, total: 0, stall: 0, ...deadlines },
  continueFor: 2 ** 31 - 1,
})

function play(steps: ScriptStep<unknown>[], kit: Omit<StreamKitOptions, 'clock'>) {
  const clock = createFakeClock()
  const scripted = createScriptedSource(steps, clock)
  return { ...makeStream(scripted.source, { ...kit, clock }), scripted }
}

const DELAY_AND_YIELD = (delay: number): ScriptStep<unknown>[] => [{ delay }, { yield: 1 }]

describe('deadlines.connect', () => {
  const slowly = (ms: number) => () =>
    new Promise<number[]>((resolve) => void clock.after(ms, () => resolve([1])))
  let clock = createFakeClock()

  it('ends a stream whose source function does not give its source in time', async () => {
    clock = createFakeClock()
    const { stream } = makeStream(slowly(5000), { clock, options: only({ connect: 1000 }) })
    stream.start()
    await clock.advance(999)
    expect(stream.ended).toBe(false)
    await clock.advance(1 + SLOT_MS)
    expect(stream.summary).toMatchObject({ reason: 'connect-timeout' })
  })

  it('is over once the source is there, however long its first chunk takes', async () => {
    const { stream, clock } = play(DELAY_AND_YIELD(60_000), { options: only({ connect: 1000 }) })
    stream.start()
    await clock.advance(61_000)
    expect(stream.summary).toMatchObject({ reason: 'complete' })
  })

  it('of 0 is switched off', async () => {
    clock = createFakeClock()
    const { stream, wheel } = makeStream(slowly(100_000), { clock, options: only({}) })
    stream.start()
    await clock.advance(99_000)
    expect(stream.ended).toBe(false)
    await clock.advance(1001)
    expect(stream.summary).toMatchObject({ reason: 'complete' })
    expect(wheel.size).toBe(0)
  })
})

describe('deadlines.firstChunk', () => {
  it('ends a stream whose source sends nothing in time', async () => {
    const { stream, clock } = play([{ hang: true }], { options: only({ firstChunk: 2000 }) })
    stream.start()
    await clock.advance(1999)
    expect(stream.ended).toBe(false)
    await clock.advance(1 + SLOT_MS)
    expect(stream.summary).toMatchObject({ reason: 'first-chunk-timeout', chunks: 0 })
  })

  it('counts from when the source was given, not from the start', async () => {
    const clock = createFakeClock()
    const scripted = createScriptedSource(DELAY_AND_YIELD(1900), clock)
    const { stream } = makeStream(
      async (context) => {
        await new Promise<void>((resolve) => void clock.after(1900, resolve))
        return scripted.source(context)
      },
      { clock, options: only({ firstChunk: 2000 }) },
    )
    stream.start()
    await clock.advance(4000)
    expect(stream.summary).toMatchObject({ reason: 'complete', chunks: 1 })
  })

  it('does not count while the only reader holds back', async () => {
    const { stream, clock } = play([{ yield: 1 }], { options: only({ firstChunk: 2000 }) })
    const reader = new TestReader()
    reader.holdsBack = true
    stream.attach(reader)
    stream.start()
    await clock.advance(10_000)
    expect(stream.ended).toBe(false)
    reader.hold(stream, false)
    await clock.advance(0)
    expect(stream.summary).toMatchObject({ reason: 'complete', chunks: 1 })
  })

  it('is met by a chunk that the transform skips', async () => {
    const { stream, clock } = play([{ yield: 1 }, { delay: 10_000 }, { yield: 2 }], {
      options: only({ firstChunk: 2000 }),
      transform: () => undefined,
    })
    stream.start()
    await clock.advance(11_000)
    expect(stream.summary).toMatchObject({ reason: 'complete', chunks: 0 })
  })
})

describe('deadlines.idle', () => {
  const options = only({ idle: 3000 })

  it('starts anew with every chunk', async () => {
    const steps = Array.from({ length: 10 }, () => DELAY_AND_YIELD(2900)).flat()
    const { stream, clock } = play(steps, { options })
    stream.start()
    await clock.advance(10 * 2900)
    expect(stream.summary).toMatchObject({ reason: 'complete', chunks: 10 })
  })

  it('ends a stream whose source stops in the middle', async () => {
    const { stream, clock } = play([{ delay: 500 }, { yield: 1 }, { hang: true }], { options })
    stream.start()
    await clock.advance(3499)
    expect(stream.ended).toBe(false)
    await clock.advance(1 + SLOT_MS)
    expect(stream.summary).toMatchObject({ reason: 'idle-timeout', chunks: 1 })
  })

  it('does not count before the first chunk', async () => {
    const { stream, clock } = play(DELAY_AND_YIELD(50_000), { options })
    stream.start()
    await clock.advance(51_000)
    expect(stream.summary).toMatchObject({ reason: 'complete' })
  })

  it('does not count while a reader holds back', async () => {
    const { stream, clock } = play([{ yield: 1 }, { yield: 2 }, { delay: 2900 }, { yield: 3 }], {
      options,
      transform: (chunk: number) => {
        if (chunk === 1) reader.hold(stream, true)
        return chunk
      },
    })
    const reader = new TestReader()
    stream.attach(reader)
    stream.start()
    await clock.advance(10_000)
    expect(stream.chunks).toBe(1)
    expect(stream.ended).toBe(false)
    // Just before the deadline would pass anew: what is left of it must not be all there is.
    await clock.advance(1990)
    reader.hold(stream, false)
    await clock.advance(2890)
    expect(stream.ended).toBe(false)
    await clock.advance(100)
    expect(stream.summary).toMatchObject({ reason: 'complete', chunks: 3 })
  })

  it('counts again once the reader has room', async () => {
    const { stream, clock } = play([{ yield: 1 }, { hang: true }], {
      options,
      transform: (chunk: number) => {
        reader.hold(stream, true)
        return chunk
      },
    })
    const reader = new TestReader()
    stream.attach(reader)
    stream.start()
    await clock.advance(20_000)
    reader.hold(stream, false)
    await clock.advance(2999)
    expect(stream.ended).toBe(false)
    // Its time begins with the next look at the wheel, and ends with one.
    await clock.advance(1 + 2 * SLOT_MS)
    expect(stream.summary).toMatchObject({ reason: 'idle-timeout' })
  })
})

describe('deadlines.total', () => {
  const options = only({ total: 10_000 })

  it('ends a stream that is still being written', async () => {
    const steps = Array.from({ length: 50 }, () => DELAY_AND_YIELD(1000)).flat()
    const { stream, clock } = play(steps, { options })
    stream.start()
    await clock.advance(9999)
    expect(stream.ended).toBe(false)
    await clock.advance(1 + SLOT_MS)
    expect(stream.summary).toMatchObject({ reason: 'deadline' })
    expect(stream.chunks).toBeGreaterThanOrEqual(9)
  })

  it('counts while a reader holds back', async () => {
    const { stream, clock, wheel } = play([{ yield: 1 }], { options })
    const reader = new TestReader()
    stream.attach(reader)
    reader.hold(stream, true)
    stream.start()
    await clock.advance(10_000 + SLOT_MS)
    expect(stream.summary).toMatchObject({ reason: 'deadline', chunks: 0 })
    expect(wheel.size).toBe(0)
  })

  it('of 0 is switched off', async () => {
    const { stream, clock } = play(DELAY_AND_YIELD(3_600_000), { options: only({}) })
    stream.start()
    await clock.advance(3_600_000)
    expect(stream.summary).toMatchObject({ reason: 'complete' })
  })
})
