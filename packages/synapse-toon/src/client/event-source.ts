import { type Clock, systemClock } from '../time/clock.ts'
import { createEventStreamParser } from '../wire/parser.ts'
import { isEventStream } from './event-stream-response.ts'
import { type PageEvents, watchPage } from './page-events.ts'
import { readBody } from './read-body.ts'
import { type Fetch, type GivenHeaders, send } from './request.ts'
import { streamAddress } from './stream-address.ts'

export interface EventSourceOptions {
  /** Whether cookies go to another origin too. Default `false`. */
  readonly withCredentials?: boolean
  /** Headers, or a function that gives them, asked anew for every request. Default none. */
  readonly headers?: GivenHeaders
  /**
   * Default GET, and POST where there is a `body`. Anything but a GET is sent once: a reconnect is a
   * GET of the response's `Content-Location`, and without one the connection fails.
   */
  readonly method?: string
  /** A plain object or a list is sent as JSON; all else as it is: text, bytes, `FormData`, … Default none. */
  readonly body?: unknown
  /** Default: the global one. */
  readonly fetch?: Fetch
}

/** What an EventSource has from outside; replaceable in tests. */
export interface EventSourceInternals {
  readonly clock: Clock
  readonly page: Partial<PageEvents>
  /** Base of addresses that are relative. */
  readonly baseUrl: string | undefined
  /** Read in place of a response. */
  readonly stream: ReadableStream<Uint8Array> | undefined
}

type Handler<Type extends Event> = ((this: EventSource, event: Type) => unknown) | null
type Listener = ((event: MessageEvent) => unknown) | { handleEvent(event: MessageEvent): unknown }
type ListenerOptions =
  | boolean
  | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal }

/** [spec §9.2.2] "probably in the region of a few seconds": what Chromium takes, in ms. */
const RECONNECTION_TIME_MS = 3000

/** Longest timeout that timers of all platforms hold; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The URL of one that was made from a stream (whatwg/html PR 12272). */
const STREAM_URL = 'about:event-stream'

const CONNECTING = 0
const OPEN = 1
const CLOSED = 2

type ReadyState = typeof CONNECTING | typeof OPEN | typeof CLOSED

/**
 * `EventSource` as the WHATWG HTML standard has it (§9.2.2 to §9.2.6), on `fetch`, and so with
 * headers, methods and bodies. Events are not `isTrusted`, and their tasks are those of promises:
 * nothing else differs.
 */
export class EventSource extends EventTarget {
  static get CONNECTING(): typeof CONNECTING {
    return CONNECTING
  }
  static get OPEN(): typeof OPEN {
    return OPEN
  }
  static get CLOSED(): typeof CLOSED {
    return CLOSED
  }

  readonly #url: string
  readonly #options: EventSourceOptions
  readonly #method: string
  readonly #clock: Clock
  #readyState: ReadyState = CONNECTING
  #reconnectionTime = RECONNECTION_TIME_MS
  /** [spec §9.2.6] of the stream's final URL. */
  #origin = 'null'
  /** Where a request that is not sent twice is taken up. */
  #address: string | undefined
  #controller = new AbortController()
  #cancelTimer: () => void = () => {}
  readonly #lifetime = new AbortController()
  readonly #handlers: { [type: string]: Handler<never> } = {}
  readonly #parser = createEventStreamParser({
    onEvent: (event) => this.#dispatch(event.event, event.data, event.lastEventId),
    onRetry: (milliseconds) => {
      // As its line is read; but not what stands behind a `close()` in the same chunk.
      if (this.#readyState !== CLOSED) this.#reconnectionTime = milliseconds
    },
  })

  /**
   * @param internals none of yours
   * @throws {DOMException} `SyntaxError`: the address is none, or is relative where there is no base
   */
  constructor(
    url: string | URL,
    options: EventSourceOptions | null = null,
    internals: Partial<EventSourceInternals> = {},
  ) {
    super()
    // biome-ignore lint/complexity/noArguments: undefined is an address by Web IDL, nothing is none
    if (arguments.length === 0) throw new TypeError('EventSource needs the address of a stream')
    const { clock = systemClock, page = globalThis as Partial<PageEvents>, stream } = internals
    const { method, body } = (this.#options = options ?? {})
    this.#clock = clock
    this.#method = (method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase()
    this.#url = resolve(String(url), internals.baseUrl ?? pageUrl())
    if (stream === undefined) watchPage(page, this.#lifetime.signal, () => this.#onRestored())
    // In a task of its own, so that listeners that are added now hear the first event.
    if (stream === undefined) queueMicrotask(() => this.#connect())
    else void this.#interpret(stream)
  }

  /**
   * Reads event-stream bytes from a stream of your own, in the shape that the HTML standard discusses
   * (whatwg/html PR 12272): it opens, dispatches, and closes with `error` when the stream ends or
   * fails; it never reconnects. Pipe several responses through one `TransformStream`, with `reset()`
   * between them, to reconnect yourself; `lastEventId` and `reconnectionTime` say how.
   *
   * @throws {TypeError} it is no stream, or has a reader already
   */
  static fromReadableStream(stream: ReadableStream<Uint8Array>): EventSource {
    if (stream.locked !== false)
      throw new TypeError('a ReadableStream that is not locked is needed')
    return new EventSource(STREAM_URL, null, { stream })
  }

  get CONNECTING(): typeof CONNECTING {
    return CONNECTING
  }
  get OPEN(): typeof OPEN {
    return OPEN
  }
  get CLOSED(): typeof CLOSED {
    return CLOSED
  }

  get url(): string {
    return this.#url
  }

  get withCredentials(): boolean {
    return Boolean(this.#options.withCredentials)
  }

  get readyState(): ReadyState {
    return this.#readyState
  }

  /** Of the last event; `''` for none (whatwg/html PR 12272). */
  get lastEventId(): string {
    return this.#parser.lastEventId
  }

  /** How long to wait before a reconnect, in ms (whatwg/html PR 12272). */
  get reconnectionTime(): number {
    return this.#reconnectionTime
  }

  get [Symbol.toStringTag](): string {
    return 'EventSource'
  }

  get onopen(): Handler<Event> {
    return this.#handler('open')
  }
  set onopen(handler: Handler<Event>) {
    this.#setHandler('open', handler)
  }

  get onmessage(): Handler<MessageEvent> {
    return this.#handler('message')
  }
  set onmessage(handler: Handler<MessageEvent>) {
    this.#setHandler('message', handler)
  }

  get onerror(): Handler<Event> {
    return this.#handler('error')
  }
  set onerror(handler: Handler<Event>) {
    this.#setHandler('error', handler)
  }

  override addEventListener(
    type: string,
    listener: Listener | null,
    options?: ListenerOptions,
  ): void {
    super.addEventListener(type, listener as never, options)
  }

  override removeEventListener(
    type: string,
    listener: Listener | null,
    options?: ListenerOptions,
  ): void {
    super.removeEventListener(type, listener as never, options)
  }

  /** [spec §9.2.2] aborts whatever is on its way; no event follows, not even one that was read. */
  close(): void {
    this.#readyState = CLOSED
    this.#cancelTimer()
    this.#lifetime.abort()
    this.#controller.abort()
  }

  /** Drops an unfinished block, before another stream is piped in (whatwg/html PR 12272). */
  reset(): void {
    this.#parser.end()
  }

  async #connect(): Promise<void> {
    if (this.#readyState !== CONNECTING) return
    const controller = new AbortController()
    this.#controller = controller
    const { headers, body, withCredentials, fetch = globalThis.fetch } = this.#options
    const isFirst = this.#address === undefined
    const plan = {
      url: this.#address ?? this.#url,
      method: isFirst ? this.#method : 'GET',
      headers,
      body: isFirst ? body : undefined,
      // [spec §9.2.3] sent where it is not empty, as UTF-8.
      lastEventId: this.#parser.lastEventId,
      defaults: { Accept: 'text/event-stream' },
    }
    const more = withCredentials && { credentials: 'include' as const }
    const ask: Fetch = (url, init) => fetch(url, { ...init, ...more })
    let response: Response
    try {
      response = await send(plan, ask, controller.signal)
    } catch {
      // [spec §9.2.3] a network error, unless it was we who left.
      if (!controller.signal.aborted) this.#reestablish()
      return
    }
    if (controller.signal.aborted) return
    // [spec §9.2.3] any other status or type fails the connection, 204 among them.
    if (!isEventStream(response) || response.body === null) {
      controller.abort()
      return this.#fail()
    }
    if (this.#method !== 'GET') this.#address ??= streamAddress(response, this.#url)
    this.#origin = new URL(response.url || this.#url).origin
    this.#announce()
    // Ended in order or broken, it is the same to an EventSource.
    await readBody(response.body, controller.signal, (bytes) => this.#read(bytes)).catch(() => {})
    this.#parser.end()
    if (!controller.signal.aborted) this.#reestablish()
  }

  async #interpret(stream: ReadableStream<Uint8Array>): Promise<void> {
    const { signal } = this.#controller
    // Before the first byte, since that is read later still; the stream is locked at once.
    queueMicrotask(() => this.#announce())
    await readBody(stream, signal, (bytes) => this.#read(bytes)).catch(() => {})
    this.#fail()
  }

  #read(bytes: Uint8Array): undefined {
    this.#parser.feed(bytes)
  }

  /** [spec §9.2.3] "announce the connection" */
  #announce(): void {
    if (this.#readyState === CLOSED) return
    this.#readyState = OPEN
    this.dispatchEvent(new Event('open'))
  }

  /** [spec §9.2.3] "reestablish the connection" */
  #reestablish(): void {
    if (this.#readyState === CLOSED) return
    if (this.#isSpent) return this.#fail()
    this.#readyState = CONNECTING
    this.dispatchEvent(new Event('error'))
    // A listener may have closed it.
    if (this.#isClosed) return
    const delay = Math.min(this.#reconnectionTime, LONGEST_TIMER_MS)
    this.#cancelTimer = this.#clock.after(delay, () => void this.#connect())
  }

  /** A request that is not sent twice, and has nowhere to go on. */
  get #isSpent(): boolean {
    return this.#method !== 'GET' && this.#address === undefined
  }

  get #isClosed(): boolean {
    return this.#readyState === CLOSED
  }

  /** [spec §9.2.3] "fail the connection" */
  #fail(): void {
    if (this.#isClosed) return
    this.close()
    this.dispatchEvent(new Event('error'))
  }

  /** The page's connections were cut when it was put away; a new one goes on at once. */
  #onRestored(): void {
    if (this.#isSpent) return
    this.#cancelTimer()
    this.#controller.abort()
    if (this.#readyState === OPEN) {
      this.#readyState = CONNECTING
      this.dispatchEvent(new Event('error'))
    }
    this.#parser.end()
    void this.#connect()
  }

  /** [spec §9.2.6] the task that dispatches asks for the state: nothing comes after `close()`. */
  #dispatch(type: string, data: string, lastEventId: string): void {
    if (this.#isClosed) return
    this.dispatchEvent(new MessageEvent(type, { data, lastEventId, origin: this.#origin }))
  }

  #handler<Type extends Event>(type: string): Handler<Type> {
    return (this.#handlers[type] ?? null) as Handler<Type>
  }

  /** [spec §8.1.8.1] a handler keeps the place among the listeners at which it was first set. */
  #setHandler(type: string, handler: Handler<never>): void {
    const isNew = !this.#handlers[type]
    this.#handlers[type] = typeof handler === 'function' ? handler : null
    if (!this.#handlers[type]) super.removeEventListener(type, this.#callHandler)
    else if (isNew) super.addEventListener(type, this.#callHandler)
  }

  readonly #callHandler = (event: Event): void => {
    this.#handlers[event.type]?.call(this, event as never)
  }
}

function pageUrl(): string | undefined {
  const { document, location } = globalThis as {
    document?: { baseURI?: string }
    location?: { href?: string }
  }
  return document?.baseURI ?? location?.href
}

function resolve(url: string, baseUrl: string | undefined): string {
  if (!URL.canParse(url, baseUrl)) {
    throw new DOMException(`cannot parse ${JSON.stringify(url)} as an address`, 'SyntaxError')
  }
  return new URL(url, baseUrl).href
}
