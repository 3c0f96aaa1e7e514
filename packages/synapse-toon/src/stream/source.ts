import { describeValue, SynapseToonError } from '../errors.ts'

/** What a source function is given. */
export interface SourceContext {
  /** Fires when nobody wants the rest: hand it to the provider's SDK or `fetch`. */
  readonly signal: AbortSignal
  readonly streamId: string
  /** What the client sent as `Last-Event-ID`; only where the library does not resume itself. */
  readonly lastEventId: string | undefined
}

/** Anything that yields chunks. Node's `Readable` is an async iterable. */
export type Chunks<Chunk> = AsyncIterable<Chunk> | Iterable<Chunk> | ReadableStream<Chunk>

/** Chunks, or a function that opens them: only the function can be stopped while it connects. */
export type Source<Chunk> =
  | Chunks<Chunk>
  | ((context: SourceContext) => Chunks<Chunk> | PromiseLike<Chunks<Chunk>>)

/** A source of a kind that cannot be streamed. */
export class InvalidSourceError extends SynapseToonError {
  constructor(value: unknown) {
    const cure =
      typeof value === 'string'
        ? 'a string would be sent letter by letter: wrap it as [text]'
        : 'pass an async iterable, an iterable, a ReadableStream, a Node Readable, or a function that returns one'
    super(
      'ERR_SYNAPSE_INVALID_SOURCE',
      `source cannot be streamed, got ${describeValue(value)}; ${cure}`,
    )
  }
}

/** What is left of an iterator, sync or async, for whoever pulls it. */
interface ChunkIterator<Chunk> {
  next(): IteratorResult<Chunk> | PromiseLike<IteratorResult<Chunk>>
}

/** An opened source: pulled one chunk at a time, stopped at any time. */
export interface OpenSource<Chunk> {
  readonly iterator: ChunkIterator<Chunk>
  /**
   * Lets the source go, even while a `next()` is parked. Never throws, never waits: an iterator's
   * `return()` would queue behind the parked `next()`.
   */
  stop(reason: unknown): void
}

/** @throws {InvalidSourceError} when `source` is nothing that can be streamed; functions pass */
export function assertSource(source: unknown): void {
  if (typeof source !== 'function' && !isChunks(source)) throw new InvalidSourceError(source)
}

/** @throws {InvalidSourceError} */
export function openChunks<Chunk>(chunks: Chunks<Chunk>): OpenSource<Chunk> {
  if (!isChunks(chunks)) throw new InvalidSourceError(chunks)
  if (isWebStream(chunks)) return openWebStream(chunks)
  return new OpenIterable(chunks)
}

class OpenIterable<Chunk> implements OpenSource<Chunk> {
  readonly #chunks: AsyncIterable<Chunk> | Iterable<Chunk>
  readonly iterator: AsyncIterator<Chunk> | Iterator<Chunk>

  constructor(chunks: AsyncIterable<Chunk> | Iterable<Chunk>) {
    this.#chunks = chunks
    this.iterator =
      Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  }

  stop(reason: unknown): void {
    const { iterator } = this
    stopParked(this.#chunks, reason)
    if (typeof iterator.return !== 'function') return
    settle(() => iterator.return!())
  }
}

/** Lets go of a source that nobody asked for a chunk yet; a function holds nothing. Never throws. */
export function releaseSource(source: Source<unknown>): void {
  if (typeof source === 'function') return
  settle(() => openChunks(source).stop(new Error('source not needed')))
}

function openWebStream<Chunk>(stream: ReadableStream<Chunk>): OpenSource<Chunk> {
  const reader = stream.getReader()
  return {
    iterator: { next: () => reader.read() as Promise<IteratorResult<Chunk>> },
    stop: (reason) => settle(() => reader.cancel(reason)),
  }
}

/**
 * Ways to stop a source that is parked in `next()`: Node's `Readable` has `destroy()`; the streams
 * of the OpenAI and Anthropic SDKs carry the `AbortController` of their request.
 */
function stopParked(chunks: object, reason: unknown): void {
  const { destroy, on, controller } = chunks as {
    destroy?: unknown
    on?: unknown
    controller?: { abort?: unknown }
  }
  // Without an error: a Readable would emit it, and with no listener that ends the process. As
  // would a failure of its clean-up, when it was never iterated: so someone listens.
  if (typeof destroy === 'function') {
    if (typeof on === 'function') settle(() => on.call(chunks, 'error', ignore))
    settle(() => destroy.call(chunks))
  }
  if (typeof controller?.abort === 'function')
    settle(() => (controller as AbortController).abort(reason))
}

/** Runs a clean-up whose failure concerns nobody any more: the stream has ended already. */
function settle(cleanUp: () => unknown): void {
  try {
    const result = cleanUp()
    if (isPromiseLike(result)) result.then(ignore, ignore)
  } catch {
    // See above: there is no one left to tell.
  }
}

function ignore(): void {}

export function isPromiseLike<Value>(value: unknown): value is PromiseLike<Value> {
  return typeof (value as PromiseLike<Value> | undefined)?.then === 'function'
}

export function isChunks(value: unknown): value is Chunks<never> {
  // Bytes are iterable too, one number at a time: nobody wants that.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  return Symbol.asyncIterator in value || Symbol.iterator in value || isWebStream(value)
}

function isWebStream(value: object): value is ReadableStream<never> {
  return typeof (value as ReadableStream).getReader === 'function'
}
