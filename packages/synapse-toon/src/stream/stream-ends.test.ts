import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { listenToStrays } from '../../test/process-events.ts'
import { makeStream, STREAM_ID, type StreamKit, TestReader } from '../../test/stream-kit.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { createScriptedSource } from '../testing/scripted-source.ts'
import { END_TEXTS, type EndReason, isDone } from './end-reason.ts'
import {
  DeadlineError,
  ShutdownError,
  StreamCancelledError,
  StreamInterruptedError,
} from './errors.ts'
import type { Source } from './source.ts'
import type { LeaveReason } from './stream.ts'

const upstream = new Error('upstream is down')
const deadlines = { connect: 1000, firstChunk: 2000, idle: 3000, total: 10_000 }

/** A reader that leaves for this reason, as the last one. */
const leave = (reason: LeaveReason) => (kit: StreamKit) => {
  const reader = new TestReader()
  kit.stream.attach(reader)
  kit.stream.detach(reader, reason)
}

/** How each end comes about, in the middle of an answer where that can be. */
const ENDS: [
  reason: EndReason,
  bring: (kit: StreamKit) => unknown,
  signalClass: unknown,
  steps?: Parameters<typeof createScriptedSource>[0],
][] = [
  ['cancelled', ({ stream }) => stream.end('cancelled'), StreamCancelledError],
  ['client-left', leave('client-left'), StreamInterruptedError],
  ['stalled-client', leave('stalled-client'), StreamInterruptedError],
  ['overflow', leave('overflow'), StreamInterruptedError],
  ['shutdown', ({ stream }) => stream.end('shutdown'), ShutdownError],
  ['producer-lost', ({ stream }) => stream.end('producer-lost'), StreamInterruptedError],
  ['first-chunk-timeout', ({ clock }) => clock.advance(2025), DeadlineError, [{ hang: true }]],
  ['idle-timeout', ({ clock }) => clock.advance(3025), DeadlineError],
  [
    'deadline',
    ({ clock }) => clock.advance(10_025),
    DeadlineError,
    Array(20)
      .fill([{ yield: 1 }, { delay: 1000 }])
      .flat(),
  ],
]

describe('the end of a stream', () => {
  it.each(ENDS)(
    'for %s fires the signal, writes one terminal record and releases everything',
    async (reason, bring, signalClass, steps = [{ yield: 1 }, { hang: true }]) => {
      const strays = listenToStrays()
      const clock = createFakeClock()
      const scripted = createScriptedSource(steps, clock)
      const ended = vi.fn()
      const kit = makeStream(scripted.source, {
        clock,
        options: { deadlines, onDisconnect: 'cancel', observer: { ended } },
      })
      const { stream, last, log, wheel } = kit
      stream.start()
      await clock.advance(0)
      await bring(kit)
      const summary = await stream.done
      await clock.advance(0)

      expect(summary).toMatchObject({ reason, error: undefined, streamId: STREAM_ID })
      expect(stream.ended).toBe(true)
      expect(ended).toHaveBeenCalledExactlyOnceWith(summary)
      expect(scripted.signalReason).toBeInstanceOf(signalClass as never)
      if (signalClass !== StreamCancelledError && signalClass !== ShutdownError) {
        expect(scripted.signalReason).toMatchObject({ reason })
      }
      expect(scripted.open).toBe(0)
      const { event, data } = last()
      if (isDone(reason)) {
        expect({ event, data }).toEqual({ event: 'done', data: { reason, chunks: stream.chunks } })
      } else {
        const { message, retryable } = END_TEXTS[reason]
        expect({ event, data }).toEqual({
          event: 'error',
          data: { code: reason, message, retryable },
        })
      }
      expect(log.lastSeq).toBe(stream.chunks + 1)
      expect(wheel.size).toBe(0)
      expect(clock.pending).toBe(0)
      expect(await strays()).toEqual([])
    },
  )

  it('for connect-timeout fires the signal, and lets go of a source that comes too late', async () => {
    const returned = vi.fn()
    let connect: (source: AsyncIterable<never>) => void = () => {}
    let signal: AbortSignal | undefined
    const source: Source<never> = (context) => {
      signal = context.signal
      return new Promise((resolve) => {
        connect = resolve
      })
    }
    const { stream, clock, wheel, log } = makeStream(source, { options: { deadlines } })
    stream.start()
    await clock.advance(1025)
    expect((await stream.done).reason).toBe('connect-timeout')
    expect(signal!.reason).toBeInstanceOf(DeadlineError)
    expect(signal!.reason).toMatchObject({ reason: 'connect-timeout', milliseconds: 1000 })

    const next = vi.fn()
    connect({ [Symbol.asyncIterator]: () => ({ next, return: returned }) })
    await clock.advance(0)
    expect(returned).toHaveBeenCalledOnce()
    expect(next).not.toHaveBeenCalled()
    expect(wheel.size).toBe(0)
    expect(log.lastSeq).toBe(1)
  })

  it('for source-error fires the signal with that error', async () => {
    const scripted = createScriptedSource([{ yield: 1 }, { throw: upstream }])
    const { stream, wheel } = makeStream(scripted.source)
    stream.start()
    expect(await stream.done).toMatchObject({ reason: 'source-error', error: upstream, chunks: 1 })
    expect(scripted.signalReason).toBe(upstream)
    expect(wheel.size).toBe(0)
  })

  it('for complete leaves the signal alone', async () => {
    const scripted = createScriptedSource([{ yield: 1 }])
    const { stream, wheel, clock } = makeStream(scripted.source)
    stream.start()
    expect((await stream.done).reason).toBe('complete')
    expect(scripted.signalReason).toBeUndefined()
    expect(scripted.open).toBe(0)
    expect(wheel.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('comes once: the first call wins, whatever follows it', async () => {
    const ended = vi.fn()
    const { stream, log, last } = makeStream([1], { options: { observer: { ended } } })
    stream.start()
    stream.end('cancelled')
    stream.end('shutdown')
    stream.end('source-error', upstream)
    const summary = await stream.done
    stream.end('deadline')
    expect(summary.reason).toBe('cancelled')
    expect(ended).toHaveBeenCalledOnce()
    expect(log.lastSeq).toBe(1)
    expect(last().event).toBe('done')
  })

  it('inside the very call that tells of a payload is the last thing an observer hears', async () => {
    const seen: string[] = []
    const { stream, log } = makeStream([1, 2, 3], {
      options: { observer: { chunk: () => seen.push('chunk'), ended: () => seen.push('ended') } },
    })
    // A connection that is cut off for its overflow does this.
    log.subscribe({
      onAppend: () => {
        if (log.lastSeq === 2) stream.end('overflow')
      },
    })
    stream.start()
    await stream.done
    expect(seen).toEqual(['chunk', 'ended'])
    expect(log.lastSeq).toBe(3)
  })

  it('drops a chunk that comes after it, and a transform that settles after it', async () => {
    let settle: (payload: string) => void = () => {}
    const transform = () =>
      new Promise<string>((resolve) => {
        settle = resolve
      })
    const { stream, log, clock } = makeStream(['x'], { transform })
    stream.start()
    await clock.advance(0)
    stream.end('cancelled')
    settle('late')
    await clock.advance(0)
    expect(log.lastSeq).toBe(1)
    expect(stream.chunks).toBe(0)
    expect((await stream.done).chunks).toBe(0)
  })

  it.each<[string, (onStop: () => void) => Source<unknown>]>([
    [
      'an async generator',
      (onStop) =>
        (async function* () {
          try {
            yield 1
            yield 2
          } finally {
            onStop()
          }
        })(),
    ],
    ['a Web ReadableStream', (onStop) => new ReadableStream({ cancel: onStop })],
    [
      'a Node Readable',
      (onStop) => new Readable({ objectMode: true, read() {} }).once('close', onStop),
    ],
    [
      "an SDK's stream",
      (onStop) => {
        const controller = new AbortController()
        controller.signal.addEventListener('abort', onStop)
        return {
          controller,
          async *[Symbol.asyncIterator]() {
            yield await new Promise((_, reject) => {
              controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
            })
          },
        } as Source<unknown>
      },
    ],
  ])('stops %s', async (_kind, make) => {
    const strays = listenToStrays()
    const onStop = vi.fn()
    const { stream, clock } = makeStream(make(onStop), {
      // So that the generator is between two chunks, and not parked.
      transform: () => new Promise(() => {}),
    })
    stream.start()
    await clock.advance(0)
    stream.end('cancelled')
    expect(await strays()).toEqual([])
    expect(onStop).toHaveBeenCalledOnce()
  })

  it('before the start lets a source go that is open already, and never asks it', async () => {
    const onStop = vi.fn()
    const pull = vi.fn()
    const source = new ReadableStream({ pull, cancel: onStop }, { highWaterMark: 0 })
    const { stream, wheel, clock } = makeStream(source)
    stream.end('shutdown')
    expect((await stream.done).reason).toBe('shutdown')
    await clock.advance(0)
    expect(onStop).toHaveBeenCalledOnce()
    expect(pull).not.toHaveBeenCalled()
    expect(wheel.size).toBe(0)
  })
})
