import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { listenToStrays, listenToWarnings } from '../../test/process-events.ts'
import { makeStream, STREAM_ID } from '../../test/stream-kit.ts'
import { createFakeClock } from '../testing/fake-clock.ts'
import { nextTurn } from '../time/turn.ts'
import type { Observer } from './observer.ts'
import type { Source, SourceContext } from './source.ts'

async function* asyncChunks() {
  yield { delta: 'a' }
  yield { delta: 'b' }
}

const arrays = () => [{ delta: 'a' }, { delta: 'b' }]

describe('Stream', () => {
  it.each<[string, () => Source<unknown>]>([
    ['an async generator', asyncChunks],
    ['an array', arrays],
    ['a Web ReadableStream', () => ReadableStream.from(arrays())],
    ['a Node Readable', () => Readable.from(arrays())],
    ['a function', () => () => arrays()],
    ['an async function', () => async () => asyncChunks()],
    ['a generator function', () => asyncChunks],
  ])('records the chunks of %s as payloads, then its end', async (_kind, make) => {
    const { stream, payloads, last, wheel } = makeStream(make())
    stream.start()
    const summary = await stream.done
    expect(payloads()).toEqual([{ delta: 'a' }, { delta: 'b' }])
    expect(last()).toEqual({ event: 'done', data: { reason: 'complete', chunks: 2 } })
    expect(summary).toMatchObject({ streamId: STREAM_ID, reason: 'complete', chunks: 2 })
    expect(stream.summary).toBe(summary)
    expect(wheel.size).toBe(0)
  })

  it('gives a source function its signal, the stream id and what the client sent last', async () => {
    let context: SourceContext | undefined
    const source = (given: SourceContext) => {
      context = given
      return arrays()
    }
    const { stream } = makeStream(source, { lastEventId: 'their-own-id' })
    stream.start()
    await stream.done
    expect(context).toMatchObject({ streamId: STREAM_ID, lastEventId: 'their-own-id' })
    // An end is no interruption.
    expect(context!.signal.aborted).toBe(false)
  })

  it('asks its source for nothing before it is started', async () => {
    const source = vi.fn(arrays)
    const { stream, clock } = makeStream(source)
    await clock.advance(1000)
    expect(source).not.toHaveBeenCalled()
    stream.start()
    await stream.done
    expect(source).toHaveBeenCalledOnce()
  })

  it('puts a chunk through the transform, be it sync or async', async () => {
    for (const transform of [
      ({ delta }: { delta: string }) => delta.toUpperCase(),
      async ({ delta }: { delta: string }) => delta.toUpperCase(),
    ]) {
      const { stream, payloads } = makeStream(asyncChunks(), { transform })
      stream.start()
      await stream.done
      expect(payloads()).toEqual(['A', 'B'])
    }
  })

  it('keeps the order of payloads whose transforms take different times', async () => {
    const clock = createFakeClock()
    const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve))
    const transform = async (ms: number) => {
      await wait(ms)
      return ms
    }
    const { stream, payloads } = makeStream([30, 10, 20], { clock, transform })
    stream.start()
    await clock.advance(100)
    expect(payloads()).toEqual([30, 10, 20])
  })

  it('awaits promises that a source yields, in their order', async () => {
    const { stream, payloads } = makeStream([nextTurn().then(() => 1), 2, Promise.resolve(3)])
    stream.start()
    await stream.done
    expect(payloads()).toEqual([1, 2, 3])
  })

  it('takes one chunk from a thenable of an iterator that answers at once, and twice', async () => {
    let asked = 0
    const next = () => ({
      // biome-ignore lint/suspicious/noThenProperty: this is what is tested
      then(resolve: (result: IteratorResult<number>) => void) {
        const result = { done: asked === 3, value: asked++ }
        resolve(result)
        resolve(result)
      },
    })
    const source = { [Symbol.asyncIterator]: () => ({ next }) }
    const { stream, payloads } = makeStream(source as unknown as AsyncIterable<number>)
    stream.start()
    await stream.done
    expect(payloads()).toEqual([0, 1, 2])
  })

  it('fails with an iterator that gives nothing instead of a result', async () => {
    const source = { [Symbol.asyncIterator]: () => ({ next: async () => undefined }) }
    const { stream } = makeStream(source as unknown as AsyncIterable<number>)
    stream.start()
    expect(await stream.done).toMatchObject({
      reason: 'source-error',
      error: expect.any(TypeError),
    })
  })

  it('skips a chunk for which the transform gives undefined, now or later', async () => {
    const transform = (n: number) => {
      if (n === 2) return undefined
      return n === 3 ? Promise.resolve(undefined) : n
    }
    const { stream, payloads, log } = makeStream([1, 2, 3, 4], { transform })
    stream.start()
    const summary = await stream.done
    expect(payloads()).toEqual([1, 4])
    expect(summary.chunks).toBe(2)
    expect(log.lastSeq).toBe(3)
  })

  it('records payloads that are null, false, 0 and empty', async () => {
    const { stream, payloads } = makeStream([null, false, 0, '', {}])
    stream.start()
    await stream.done
    expect(payloads()).toEqual([null, false, 0, '', {}])
  })

  it('sums up bytes of JSON, chunks, times and the last usage', async () => {
    async function* source() {
      await new Promise<void>((resolve) => void clock.after(40, resolve))
      yield { delta: 'é', usage: { total: 1 } }
      await new Promise<void>((resolve) => void clock.after(20, resolve))
      yield { delta: '', usage: { total: 2 } }
      yield { delta: 'x', usage: null }
    }
    const { stream, clock, last } = makeStream(source())
    stream.start()
    await clock.advance(100)
    const bytes = ['{"delta":"é","usage":{"total":1}}', '{"delta":"","usage":{"total":2}}']
      .concat('{"delta":"x","usage":null}')
      .reduce((sum, json) => sum + Buffer.byteLength(json), 0)
    expect(await stream.done).toEqual({
      streamId: STREAM_ID,
      principal: undefined,
      reason: 'complete',
      error: undefined,
      chunks: 3,
      bytes,
      elapsedMs: 60,
      firstPayloadMs: 40,
      usage: { total: 2 },
    })
    expect(last().data).toEqual({ reason: 'complete', chunks: 3, usage: { total: 2 } })
  })

  it('tells its observer of the opening, of every payload and of the end, in this order', async () => {
    const seen: unknown[] = []
    const observer: Observer = {
      opened: ({ streamId, principal }) => seen.push(['opened', streamId, principal]),
      chunk: ({ chunks, bytes }) => seen.push(['chunk', chunks, bytes]),
      ended: ({ reason, chunks }) => seen.push(['ended', reason, chunks]),
    }
    const { stream } = makeStream([1, 22], { options: { observer, principal: 'user-1' } })
    stream.start()
    await stream.done
    expect(seen).toEqual([
      ['opened', STREAM_ID, 'user-1'],
      ['chunk', 1, 1],
      ['chunk', 2, 3],
      ['ended', 'complete', 2],
    ])
  })

  it('goes on when every method of its observer throws', async () => {
    const warnings = listenToWarnings()
    const fail = () => {
      throw new Error('metrics are down')
    }
    const observer: Observer = { opened: fail, chunk: fail, ended: fail }
    const { stream, payloads } = makeStream([1, 2], { options: { observer } })
    stream.start()
    expect((await stream.done).reason).toBe('complete')
    expect(payloads()).toEqual([1, 2])
    expect(await warnings()).toEqual(Array(4).fill('SYNAPSE_OBSERVER'))
  })
})

describe('a source that never waits', () => {
  function* endless<Payload>(payload: Payload, counter: { pulled: number }) {
    while (true) {
      counter.pulled++
      yield payload
    }
  }

  it.each([
    ['small payloads', 'x', undefined, 128],
    ['payloads that are all skipped', 'x', () => undefined, 128],
    ['async transforms', 'x', async (chunk: string) => chunk, 128],
    ['large payloads', 'x'.repeat(16_382), undefined, 4],
  ])(
    'gives the event loop a turn after a batch of %s',
    async (_what, payload, transform, batch) => {
      const counter = { pulled: 0 }
      const { stream } = makeStream(endless(payload, counter), { transform, maxBytes: 2 ** 30 })
      stream.start()
      for (let turn = 1; turn <= 5; turn++) {
        await nextTurn()
        expect(counter.pulled).toBeGreaterThanOrEqual(batch * turn)
        expect(counter.pulled).toBeLessThanOrEqual(batch * (turn + 1))
      }
      stream.end('cancelled')
      const { pulled } = counter
      await nextTurn()
      await nextTurn()
      expect(counter.pulled).toBe(pulled)
    },
  )
})

describe('a failure in the path of a stream', () => {
  const bug = new Error('bug')
  const fail = () => {
    throw bug
  }

  it.each<[string, Source<unknown>]>([
    ['a function that throws', fail],
    ['an async function that rejects', async () => fail()],
    [
      'an iterator that throws',
      {
        *[Symbol.iterator]() {
          yield fail()
        },
      },
    ],
    [
      'an async generator that throws',
      (async function* () {
        yield fail()
      })(),
    ],
    ['a Web ReadableStream that fails', new ReadableStream({ pull: (c) => c.error(bug) })],
    [
      'a Node Readable that fails',
      new Readable({
        read() {
          this.destroy(bug)
        },
      }),
    ],
  ])('ends it with source-error and the error of %s', async (_what, source) => {
    const strays = listenToStrays()
    const { stream, last, wheel } = makeStream(source)
    stream.start()
    expect(await stream.done).toMatchObject({ reason: 'source-error', error: bug })
    expect(last()).toMatchObject({ event: 'error', data: { message: 'Stream failed' } })
    expect(wheel.size).toBe(0)
    expect(await strays()).toEqual([])
  })

  it.each([
    ['throws', fail],
    ['rejects', async () => fail()],
  ])('lets the source go when the transform %s', async (_how, transform) => {
    const finished = vi.fn()
    async function* source() {
      try {
        yield 1
        yield 2
      } finally {
        finished()
      }
    }
    const { stream, log } = makeStream(source(), { transform })
    stream.start()
    expect(await stream.done).toMatchObject({ reason: 'source-error', error: bug, chunks: 0 })
    await nextTurn()
    expect(finished).toHaveBeenCalledOnce()
    expect(log.lastSeq).toBe(1)
  })

  it.each<[string, unknown, string]>([
    ['BigInt', { n: 1n }, 'payload.n is the BigInt 1n'],
    ['bytes', new Uint8Array(2), 'decode bytes to text first'],
    ['a function', () => {}, 'payload must be a JSON value'],
  ])('ends it with source-error for a payload with %s', async (_what, payload, message) => {
    const { stream } = makeStream([{ ok: true }, payload])
    stream.start()
    const { reason, error, chunks } = await stream.done
    expect(reason).toBe('source-error')
    expect(String(error)).toContain(message)
    expect(chunks).toBe(1)
  })

  it.each<[string, unknown]>([
    ['a string', 'Hello'],
    ['undefined', undefined],
    ['a response object', { choices: [] }],
  ])('ends it with source-error when a source function gives %s', async (_what, value) => {
    const { stream } = makeStream((() => value) as never)
    stream.start()
    const { reason, error } = await stream.done
    expect(reason).toBe('source-error')
    expect(error).toMatchObject({ code: 'ERR_SYNAPSE_INVALID_SOURCE' })
  })

  it('ends it all the same when exposeError throws', async () => {
    const strays = listenToStrays()
    const { stream, last, wheel } = makeStream(fail, { options: { exposeError: fail } })
    stream.start()
    expect((await stream.done).reason).toBe('source-error')
    expect(last()).toMatchObject({ event: 'error', data: { message: 'Stream failed' } })
    expect(wheel.size).toBe(0)
    expect(await strays()).toEqual([])
  })
})
