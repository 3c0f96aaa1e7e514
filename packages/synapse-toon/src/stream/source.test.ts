import { Readable } from 'node:stream'
import { describe, expect, it, vi } from 'vitest'
import { listenToStrays } from '../../test/process-events.ts'
import {
  assertSource,
  type Chunks,
  InvalidSourceError,
  type OpenSource,
  openChunks,
  releaseSource,
} from './source.ts'

/** Pulls everything out of an open source. */
async function drain<Chunk>(open: OpenSource<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  while (true) {
    const step = await open.iterator.next()
    if (step.done) return chunks
    chunks.push(step.value)
  }
}

async function* asyncChunks() {
  yield 'a'
  yield 'b'
}

function webStream(...chunks: string[]): ReadableStream<string> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      controller.close()
    },
  })
}

describe('openChunks', () => {
  it.each<[string, () => Chunks<string>]>([
    ['an async generator', asyncChunks],
    ['an async iterable', () => ({ [Symbol.asyncIterator]: asyncChunks })],
    ['an array', () => ['a', 'b']],
    ['a generator', () => new Set(['a', 'b']).values()],
    ['a Web ReadableStream', () => webStream('a', 'b')],
    ['a Node Readable in object mode', () => Readable.from(['a', 'b'])],
  ])('pulls the chunks of %s one by one', async (_kind, make) => {
    expect(await drain(openChunks(make()))).toEqual(['a', 'b'])
  })

  it('pulls text from a Node Readable with an encoding, whatever bytes it was cut at', async () => {
    const readable = new Readable({ read() {} }).setEncoding('utf8')
    const bytes = Buffer.from('é')
    readable.push(bytes.subarray(0, 1))
    readable.push(bytes.subarray(1))
    readable.push(null)
    expect((await drain(openChunks<string>(readable))).join('')).toBe('é')
  })

  it('gives the steps of a sync iterable without a promise', () => {
    expect(openChunks(['a']).iterator.next()).toEqual({ done: false, value: 'a' })
  })

  it('pulls nothing ahead of being asked', async () => {
    const pulled = vi.fn()
    function* counted() {
      for (let index = 0; ; index++) {
        pulled()
        yield index
      }
    }
    const open = openChunks(counted())
    expect(pulled).not.toHaveBeenCalled()
    await open.iterator.next()
    expect(pulled).toHaveBeenCalledOnce()
  })
})

describe('the stop of an open source', () => {
  const reason = new Error('client left')

  it('calls return() of an async iterable at once, while its next() is parked', () => {
    const returned = vi.fn(async () => ({ done: true as const, value: undefined }))
    const open = openChunks<string>({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: returned }),
    })
    open.iterator.next()
    open.stop(reason)
    expect(returned).toHaveBeenCalledOnce()
  })

  it('runs the finally of an async generator as soon as it comes back from where it is parked', async () => {
    const finished = vi.fn()
    let release: () => void = () => {}
    async function* parked() {
      try {
        await new Promise<void>((resolve) => {
          release = resolve
        })
        yield 'too late'
      } finally {
        finished()
      }
    }
    const open = openChunks(parked())
    const step = open.iterator.next()
    open.stop(reason)
    expect(finished).not.toHaveBeenCalled()
    release()
    await step
    await Promise.resolve()
    expect(finished).toHaveBeenCalledOnce()
  })

  it('runs the finally of a generator', () => {
    const finished = vi.fn()
    function* source() {
      try {
        yield 1
        yield 2
      } finally {
        finished()
      }
    }
    const open = openChunks(source())
    open.iterator.next()
    open.stop(reason)
    expect(finished).toHaveBeenCalledOnce()
  })

  it('cancels a Web ReadableStream with the reason, and the parked read is over', async () => {
    const cancelled = vi.fn()
    const open = openChunks(new ReadableStream<string>({ cancel: cancelled }))
    const step = open.iterator.next()
    open.stop(reason)
    expect(cancelled).toHaveBeenCalledExactlyOnceWith(reason)
    await expect(step).resolves.toMatchObject({ done: true })
  })

  it('destroys a Node Readable, and the parked next() settles', async () => {
    const strays = listenToStrays()
    const readable = new Readable({ objectMode: true, read() {} })
    const open = openChunks<string>(readable)
    const step = Promise.resolve(open.iterator.next())
    open.stop(reason)
    expect(readable.destroyed).toBe(true)
    await Promise.allSettled([step])
    expect(await strays()).toEqual([])
  })

  it("aborts the request behind an SDK's stream with the reason, and its parked next() settles", async () => {
    const controller = new AbortController()
    const sdkStream = {
      controller,
      async *[Symbol.asyncIterator]() {
        yield await new Promise<string>((_resolve, reject) => {
          controller.signal.addEventListener('abort', () => reject(controller.signal.reason))
        })
      },
    }
    const open = openChunks(sdkStream)
    const step = Promise.resolve(open.iterator.next())
    open.stop(reason)
    await expect(step).rejects.toBe(reason)
  })

  it('does nothing to an iterable that has no way to stop', () => {
    const open = openChunks<number>({
      [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }),
    })
    expect(open.stop(reason)).toBeUndefined()
  })

  const fail = () => {
    throw new Error('clean-up failed')
  }
  const reject = async () => fail()
  const iterate = (iterator: object) => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), ...iterator }),
  })
  it.each<[string, () => unknown]>([
    ['return() throws', () => iterate({ return: fail })],
    ['return() rejects', () => iterate({ return: reject })],
    [
      'return() gives a thenable that throws',
      // biome-ignore lint/suspicious/noThenProperty: this is what is tested
      () => iterate({ return: () => ({ then: fail }) }),
    ],
    ['destroy() throws', () => ({ ...iterate({}), destroy: fail })],
    ['destroy() rejects', () => ({ ...iterate({}), destroy: reject })],
    ['controller.abort() throws', () => ({ ...iterate({}), controller: { abort: fail } })],
    ['cancel() throws', () => new ReadableStream({ cancel: fail })],
    ['cancel() rejects', () => new ReadableStream({ cancel: reject })],
    [
      'a Readable fails while it is destroyed',
      () => new Readable({ read() {}, destroy: (_error, done) => done(new Error('busy')) }),
    ],
  ])('neither throws nor leaves a stray failure when %s', async (_what, make) => {
    const strays = listenToStrays()
    const parked = openChunks(make() as Chunks<unknown>)
    void Promise.resolve(parked.iterator.next()).catch(() => {})
    expect(() => parked.stop(reason)).not.toThrow()
    const untouched = openChunks(make() as Chunks<unknown>)
    expect(() => untouched.stop(reason)).not.toThrow()
    expect(await strays()).toEqual([])
  })

  it('still calls return() when destroy() threw', () => {
    const returned = vi.fn()
    const source = { ...iterate({ return: returned }), destroy: fail }
    openChunks(source).stop(reason)
    expect(returned).toHaveBeenCalledOnce()
  })

  it('lets a running generator that stops its own stream go on', () => {
    function* source(): Generator<number> {
      open.stop(reason)
      yield 1
    }
    const open = openChunks(source())
    expect(open.iterator.next()).toEqual({ done: false, value: 1 })
  })
})

describe('assertSource', () => {
  it.each<[string, unknown]>([
    ['an async generator', asyncChunks()],
    ['an array', []],
    ['a Map', new Map()],
    ['a Web ReadableStream', webStream()],
    ['a Node Readable', Readable.from([])],
    ['a function', () => []],
    ['an async function', async () => []],
  ])('accepts %s', (_kind, source) => {
    expect(() => assertSource(source)).not.toThrow()
  })

  it.each<[string, unknown, string]>([
    [
      'a string',
      'Hello',
      'got "Hello"; a string would be sent letter by letter: wrap it as [text]',
    ],
    ['a number', 42, 'got 42; pass an async iterable'],
    ['null', null, 'got null; pass an async iterable'],
    ['undefined', undefined, 'got undefined; pass an async iterable'],
    ['a plain object', { delta: 'x' }, 'got an object with keys [delta]; pass an async iterable'],
    ['a promise', Promise.resolve([]), 'a function that returns one'],
  ])('rejects %s and says what to do', (_kind, source, cure) => {
    const check = () => assertSource(source)
    expect(check).toThrow(InvalidSourceError)
    expect(check).toThrow(cure)
    expect(check).toThrow(expect.objectContaining({ code: 'ERR_SYNAPSE_INVALID_SOURCE' }))
  })

  it('is asked again for what a function has returned', () => {
    expect(() => openChunks('Hello' as never)).toThrow('wrap it as [text]')
    expect(() => openChunks(Promise.resolve([]) as never)).toThrow(InvalidSourceError)
  })
})

describe('releaseSource', () => {
  it('does not call a function: it holds nothing yet', () => {
    const source = vi.fn(() => [])
    releaseSource(source)
    expect(source).not.toHaveBeenCalled()
  })

  it.each<[string, (done: () => void) => Chunks<unknown>]>([
    ['a Web ReadableStream', (done) => new ReadableStream({ cancel: done })],
    [
      'a Node Readable',
      (done) => {
        return new Readable({ read() {} }).once('close', done)
      },
    ],
    [
      "an SDK's stream",
      (done) => {
        const controller = new AbortController()
        controller.signal.addEventListener('abort', done)
        return { controller, [Symbol.asyncIterator]: asyncChunks } as Chunks<unknown>
      },
    ],
    [
      'an iterator with return()',
      (done) => ({
        [Symbol.iterator]: () => ({
          next: () => ({ done: true as const, value: undefined }),
          return: () => {
            done()
            return { done: true as const, value: undefined }
          },
        }),
      }),
    ],
  ])('lets %s go that is open already', async (_kind, make) => {
    const strays = listenToStrays()
    const done = vi.fn()
    releaseSource(make(done))
    expect(await strays()).toEqual([])
    expect(done).toHaveBeenCalledOnce()
  })

  it('does not throw on a stream that someone else reads, or on a source of the wrong kind', () => {
    const locked = webStream('a')
    locked.getReader()
    expect(() => releaseSource(locked)).not.toThrow()
    expect(() => releaseSource('text' as never)).not.toThrow()
  })
})
