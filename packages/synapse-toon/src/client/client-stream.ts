import { SynapseToonError } from '../errors.ts'
import type { Clock } from '../time/clock.ts'
import { HEADER_ENCODING } from '../wire/headers.ts'
import { backoffDelay, LONGEST_WAIT_MS } from './backoff.ts'
import {
  ConnectError,
  type HttpStatusError,
  IdleTimeoutError,
  type StreamError,
  TruncatedStreamError,
} from './errors.ts'
import { isEventStream } from './event-stream-response.ts'
import type { OpenStreamOptions } from './open-stream-options.ts'
import type { OpenedStream } from './opened-stream.ts'
import { type PageEvents, watchPage } from './page-events.ts'
import { refusalOf } from './refusal.ts'
import { type RequestPlan, send } from './request.ts'
import { streamAddress } from './stream-address.ts'
import { createStreamReader, type StreamEvent } from './stream-reader.ts'
import type { EndedBy, StreamState, StreamStatus, Summary } from './stream-status.ts'

/** What a stream needs from outside; replaceable in tests. */
export interface ClientEnvironment {
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  /** Wall-clock time, in ms. */
  readonly wallNow: () => number
  readonly page: Partial<PageEvents>
}

/** Default of `timeouts.connect`, in ms: three times what our server waits before it sends the head. */
const CONNECT_MS = 30_000

/** Default of `reconnect.maxAttempts`: enough for about a minute. */
const MAX_ATTEMPTS = 10

/** Statuses of a server, or of a proxy before it, that another try may get past. */
const TEMPORARY = /429|50[234]/

/** How long `stop()` waits, in ms, for the end of a stream that the server would not stop any more. */
const END_ON_ITS_WAY_MS = 1000

/**
 * One stream as its reader sees it: asks, reads, comes back, and ends once. What is read is the
 * business of `createStreamReader`.
 *
 * @throws {TypeError} the address is none, or is relative where there is no page
 */
export function startStream<Payload>(
  given: string | URL,
  options: OpenStreamOptions<Payload>,
  { clock, random, wallNow, page }: ClientEnvironment,
): OpenedStream<Payload> {
  const { body, headers, encoding, fetch, reconnect = {}, signal: left } = options
  const { connect = CONNECT_MS } = options.timeouts ?? {}
  const url = String(given)
  const method = (options.method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase()
  // An address that is none would be asked for again and again.
  if (fetch === undefined) new URL(url, (globalThis as { location?: URL }).location?.href)
  const defaults: Record<string, string> = { Accept: 'text/event-stream' }
  if (encoding && encoding !== 'text') defaults[HEADER_ENCODING] = encoding
  const startedAt = clock.now()
  let state: StreamState = 'connecting'
  /** Whether a response has come that is a stream. */
  let started = false
  /** The stream's own address, where a response has named one. */
  let address: string | undefined
  /** Of the attempt that is on its way. */
  let controller = new AbortController()
  const lifetime = new AbortController()
  let attempts = 0
  let wasUnauthorized = false
  /** What broke a response off: another one may go on. */
  let loss: unknown
  /** Whether the server itself asks to wait: a network that is back is then no reason to hurry. */
  let isHeld = false
  /** Ends a wait before its time. */
  let hurry = () => {}
  /** Of the last event that was taken, and of the stream's own end. */
  let takenId = options.lastEventId ?? ''
  let endId: string | undefined
  let isTaken = false
  let resolveDone: (summary: Summary) => void
  let rejectDone: (error: unknown) => void
  const done = new Promise<Summary>((resolve, reject) => {
    resolveDone = resolve
    rejectDone = reject
  })
  // Who reads the events is told there: a failure must not end a process that never looks here.
  const over = done.catch(() => {})

  const reader = createStreamReader<Payload>(
    options as OpenStreamOptions,
    clock,
    tell,
    (kind, milliseconds) => controller.abort(new IdleTimeoutError(kind, milliseconds)),
  )
  const { queue, progress } = reader

  watchPage(page, lifetime.signal, onRestored, () => isHeld || hurry())
  left?.addEventListener('abort', () => fail(left.reason), { signal: lifetime.signal })
  if (left?.aborted) fail(left.reason)
  else void run()

  async function run(): Promise<void> {
    try {
      while (!isClosed()) {
        try {
          return end(await attempt())
        } catch (error) {
          // Closed: whatever broke was broken by us.
          if (isClosed()) return
          state = 'connecting'
          await wait(delayAfter(error), error)
        }
      }
    } catch (error) {
      fail(error)
    }
  }

  /** One request, and its response to the end. Throws what became of it, unless the stream has ended. */
  async function attempt(): Promise<EndedBy> {
    controller = new AbortController()
    const { signal } = controller
    const target = address ?? url
    tell({ type: 'connecting', url: target, attempt: ++attempts })
    const askedAt = clock.now()
    const { lastEventId } = progress
    const first = address ? { method: 'GET' } : { method, body }
    const plan = { ...first, url: target, lastEventId, defaults }
    try {
      const response = await ask(plan, controller, isAnswer)
      if (response.status === 204) return reader.nothingMore(response.headers)
      state = 'open'
      started = true
      wasUnauthorized = false
      const reading = reader.read(response, askedAt, signal)
      // Only our own streams can be taken up by another request than the one that began them.
      if (reader.kind() === 'ours') address = streamAddress(response, target) ?? address
      return (await reading) ?? cleanEnd()
    } catch (cause) {
      if (cause instanceof SynapseToonError) throw cause
      if (signal.aborted) throw signal.reason
      throw (loss = new TruncatedStreamError('the connection broke', cause))
    } finally {
      controller.abort()
    }
  }

  /** @throws {StreamError} no response, or not the one that is wanted */
  async function ask(
    plan: RequestPlan,
    request: AbortController,
    isWanted: (response: Response) => boolean,
  ): Promise<Response> {
    const { signal } = request
    const cancelTimer =
      connect > 0 &&
      clock.after(connect, () =>
        request.abort(new ConnectError(`no response in timeouts.connect, ${connect} ms`)),
      )
    // A `fetch` of someone else's, or `headers`, may not know the signal.
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
    try {
      const response = await Promise.race([send({ headers, ...plan }, fetch, signal), aborted])
      if (isWanted(response)) return response
      throw await refusalOf(response, wallNow(), signal)
    } catch (cause) {
      if (cause instanceof SynapseToonError) throw cause
      // Node keeps the reason one level down; browsers keep it from scripts.
      const { message, cause: deeper } = cause as Error
      throw new ConnectError(`no response: ${(deeper as Error)?.message || message}`, cause)
    } finally {
      if (cancelTimer) cancelTimer()
    }
  }

  /** To ask a provider is to ask for an answer. */
  function isAnswer(response: Response): boolean {
    return isEventStream(response) || (response.status === 204 && reader.kind() !== 'provider')
  }

  function cleanEnd(): EndedBy {
    const kind = reader.kind()
    if (kind === 'feed' && onlyOnce()) return 'end-of-response'
    const error = new TruncatedStreamError('the response ended before the stream')
    if (kind === 'feed' || kind === 'ours') loss = error
    throw error
  }

  /** Why the request must not be sent again; undefined where it may be. */
  function onlyOnce(): string | undefined {
    const kind = reader.kind()
    if (kind === 'provider') return 'to ask again would cost again'
    if (address) return undefined
    if (method !== 'GET')
      return `a ${method} is sent once, and no Content-Location tells where to go on`
    const isLost = started && kind !== 'feed' && !progress.lastEventId
    return isLost ? 'no event id tells where to go on' : undefined
  }

  /** When to try again, in ms. @throws what ends the stream */
  function delayAfter(error: unknown): number {
    const why = onlyOnce()
    const failure = error as Partial<HttpStatusError & IdleTimeoutError>
    const { status = 0, retryAfter = 0, kind: silent, message } = failure
    if (status === 401 && !wasUnauthorized && !why && typeof headers === 'function') {
      wasUnauthorized = true
      return 0
    }
    const isLost =
      error === loss ||
      error instanceof ConnectError ||
      TEMPORARY.test(`${status}`) ||
      silent === 'line'
    if (!isLost) throw error
    // A feed that was never there is not waited for without end.
    const isFeed = started && reader.kind() === 'feed'
    const { maxAttempts = isFeed ? Number.POSITIVE_INFINITY : MAX_ATTEMPTS } = reconnect
    // A server that asks for hours is told no: who called knows better what to do for so long.
    if (!why && progress.failures++ < maxAttempts && retryAfter <= LONGEST_WAIT_MS) {
      isHeld = retryAfter > 0
      return Math.max(retryAfter, backoffDelay(progress, reconnect, random(), isFeed ? 3000 : 250))
    }
    if (!started || status > 200 || silent) throw error
    // What is not there any more is half an answer, whatever the last attempt to get the rest met.
    throw new TruncatedStreamError(`${message}; ${why ?? 'nothing more came'}`, error)
  }

  async function wait(delay: number, error: unknown): Promise<void> {
    tell({ type: 'waiting', delay, error })
    if (delay === 0 || isClosed()) return
    await new Promise<void>((resolve) => {
      const cancel = clock.after(delay, resolve)
      hurry = () => {
        cancel()
        resolve()
      }
    })
  }

  /** The page was put away, and its connections were cut. */
  function onRestored(): void {
    if (onlyOnce()) return
    controller.abort(new ConnectError('the page was restored'))
    hurry()
  }

  async function stop(): Promise<void> {
    // Without an address, an answer is stopped by leaving it.
    if (!address || isClosed()) return close()
    const request = new AbortController()
    try {
      await ask({ url: address, method: 'DELETE', lastEventId: '' }, request, ({ ok }) => ok)
    } catch (error) {
      // There may be nothing to stop any more, because the end is on its way to us.
      await Promise.race([
        over,
        new Promise<void>((end) => clock.after(END_ON_ITS_WAY_MS, end, { keepAlive: false })),
      ])
      if (!isClosed()) throw error
    } finally {
      request.abort()
    }
  }

  function close(): void {
    end('left')
  }

  function fail(error: unknown): void {
    if (error instanceof SynapseToonError) (error as StreamError).text = progress.text
    end(undefined, error)
  }

  /** The one place where a stream ends, once, and lets go of everything it holds. */
  function end(reason: Summary['reason'] | undefined, error?: unknown): void {
    if (isClosed()) return
    state = 'closed'
    lifetime.abort()
    controller.abort()
    hurry()
    if (reason === undefined) {
      queue.end({ error })
      rejectDone(error)
    } else {
      if (reason === 'left') queue.abandon()
      else endId = progress.lastEventId
      queue.end()
      resolveDone({ ...progress, reason, durationMs: clock.now() - startedAt })
    }
    tell({ type: 'closed', error })
  }

  /** A function, since TypeScript does not see what happens during an `await`. */
  function isClosed(): boolean {
    return state === 'closed'
  }

  function tell(status: StreamStatus): void {
    try {
      options.onStatus?.(status)
    } catch (error) {
      // As listeners of an EventTarget: one that throws harms nobody, and is heard of.
      queueMicrotask(() => {
        throw error
      })
    }
  }

  return {
    get state() {
      return state
    },
    get lastEventId() {
      return takenId
    },
    get streamId() {
      return progress.streamId
    },
    get stats() {
      return { ...progress }
    },
    done,
    stop,
    close,
    [Symbol.asyncIterator]() {
      if (isTaken) throw new TypeError('a stream is read once; open another one to read it again')
      isTaken = true
      const iterator: AsyncIterableIterator<StreamEvent<Payload>, undefined> = {
        async next() {
          const step = await queue.take()
          takenId = step.done ? (endId ?? takenId) : step.value.id
          return step
        },
        async return() {
          close()
          return { value: undefined, done: true }
        },
        [Symbol.asyncIterator]: () => iterator,
      }
      return iterator
    },
  }
}
