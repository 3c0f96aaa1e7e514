import type { Clock } from '../../time/clock.ts'
import { ContentTypeError, HttpStatusError } from '../errors.ts'
import type { openStream } from '../open-stream.ts'
import type { OpenStreamOptions } from '../open-stream-options.ts'
import type { OpenedStream } from '../opened-stream.ts'
import type { PageEvents } from '../page-events.ts'
import { streamAddress } from '../stream-address.ts'
import type { StreamEvent } from '../stream-reader.ts'
import type { StreamStatus } from '../stream-status.ts'
import {
  type Answer,
  createAnswer,
  isOver,
  placeOf,
  type Question,
  restoredAnswer,
  savedOf,
} from './answer.ts'
import type { NextFrame } from './next-frame.ts'
import { NotResumableError } from './not-resumable-error.ts'
import { createSavedStreamSlot, type PageStorage } from './saved-stream.ts'
import type {
  StreamUrl,
  StreamView,
  SynapseStream,
  SynapseStreamStatus,
  UseSynapseStreamOptions,
} from './stream-view.ts'

/** What a store needs from outside; replaceable in tests. */
export interface StoreEnvironment {
  readonly clock: Clock
  readonly nextFrame: NextFrame
  /** May throw. */
  readonly storage: () => PageStorage | undefined
  readonly page: Partial<PageEvents>
  readonly open: typeof openStream
}

/** A stream for a component, without React: `mount` and `configure` are its life, the rest its face. */
export interface StreamStore<Payload>
  extends Pick<SynapseStream<Payload>, 'start' | 'stop' | 'resume'> {
  /** @returns ends the subscription */
  subscribe(onChange: () => void): () => void
  /** The same object until something has changed. */
  view(): StreamView<Payload>
  /** What the component wants now; counts from the next request on. */
  configure(url: StreamUrl, options: UseSynapseStreamOptions<Payload>): void
  /** The component is there, or wants another stream. @returns to be called when it is gone */
  mount(): () => void
}

/** Most characters that are kept over a reload: sessionStorage has about 5 million for a whole site. */
const MAX_SAVED_TEXT = 524_288

/** Between two savings, in ms: each writes all of the text, and an old one costs only a replay. */
const SAVE_MS = 500

/** Default of `maxEvents`. */
const MAX_EVENTS = 10_000

export function createStreamStore<Payload>(environment: StoreEnvironment): StreamStore<Payload> {
  const { clock, nextFrame, storage, page, open } = environment
  const listeners = new Set<() => void>()
  let url: StreamUrl = ''
  let options: UseSynapseStreamOptions<Payload> = {}
  let answer = createAnswer<Payload>(question())
  let isBegun = false
  let isMounted = false
  let cancelFrame: (() => void) | undefined
  let cancelSave: (() => void) | undefined
  let cancelLeave: (() => void) | undefined
  let shown: StreamView<Payload> = { text: '', events: [], status: 'idle', error: undefined }

  /** Two functions cannot be told apart by what they will give. */
  function question(): Question {
    const { storageKey } = options
    return { url: typeof url === 'function' ? undefined : String(url), storageKey }
  }

  function start(body?: unknown): void {
    leave()
    isBegun = true
    const mine = (answer = createAnswer(question()))
    slot()?.clear()
    connect(() => {
      const target = String(typeof url === 'function' ? url() : url)
      const given = body === undefined || isClick(body) ? options.body : body
      const method = options.method ?? (given === undefined ? 'GET' : 'POST')
      if (method.toUpperCase() === 'GET') mine.asked = target
      mine.lastEventId = options.lastEventId ?? ''
      return [target, { method, body: given }]
    })
  }

  function resume(): void {
    if (answer.line !== undefined || isOver(answer)) return
    connect(() => {
      const place = placeOf(answer)
      if (place === undefined) throw new NotResumableError()
      const { lastEventId } = answer
      // It comes again from the start.
      if (lastEventId === '') Object.assign(answer, { text: '', events: [] })
      return [place, { method: 'GET', body: undefined, lastEventId }]
    })
  }

  /** Reads the answer on a line that is opened now. */
  function connect(plan: () => [string, Partial<OpenStreamOptions<Payload>>]): void {
    const mine = answer
    Object.assign(mine, { status: 'connecting', error: undefined, isLeftByUnmount: false })
    try {
      const [target, changes] = plan()
      const line = open<Payload>(target, {
        ...options,
        ...changes,
        fetch: (to, init) => send(mine, to, init),
        onStatus: (status) => heard(mine, status),
      })
      mine.line = line
      save()
      void read(line, mine)
    } catch (error) {
      // Nothing was asked.
      Object.assign(mine, { status: 'error', error })
    }
    publish()
  }

  /** As `fetch`, and remembers the address that our own streams name. */
  async function send(mine: Answer<Payload>, to: string, init: RequestInit): Promise<Response> {
    const { fetch = globalThis.fetch } = options
    const response = await fetch(to, init)
    if (response.headers.has('X-Synapse-TOON-Stream')) {
      mine.address = streamAddress(response, to) ?? mine.address
    }
    return response
  }

  function heard(mine: Answer<Payload>, status: StreamStatus): void {
    if (status.type === 'open') {
      Object.assign(mine, { status: 'open', isAnswered: true })
      save()
      changed()
    } else if (status.type === 'connecting' || status.type === 'waiting') {
      mine.status = 'connecting'
      changed()
    }
    options.onStatus?.(status)
  }

  async function read(line: OpenedStream<Payload>, mine: Answer<Payload>): Promise<void> {
    const isWanted = () => answer === mine && mine.line === line
    try {
      for await (const event of line) {
        if (!isWanted()) return
        take(event)
      }
      const { reason } = await line.done
      // A stream that has no address is stopped by leaving it; a feed that is at its end is complete.
      const isStopped = reason === 'left' || reason === 'cancelled'
      if (isWanted()) settle(isStopped ? 'cancelled' : 'complete')
    } catch (error) {
      if (isWanted()) settle('error', error)
    }
  }

  function take(event: StreamEvent<Payload>): void {
    const { select = deltaOf, maxEvents = MAX_EVENTS } = options
    answer.text += select(event.payload)
    answer.lastEventId = event.id
    answer.events.push(event)
    // Not one by one: that would move all the others each time.
    if (answer.events.length > 2 * maxEvents) answer.events = newest(answer.events, maxEvents)
    if (isMounted && answer.storageKey) {
      cancelSave ??= clock.after(SAVE_MS, save, { keepAlive: false })
    }
    changed()
  }

  async function stop(): Promise<void> {
    const mine = answer
    const { line } = mine
    try {
      await line?.stop()
    } catch (error) {
      // It has ended, or was left, meanwhile.
      if (mine.line !== line) return
      mine.error = error
      publish()
    }
  }

  function settle(status: SynapseStreamStatus, error?: unknown): void {
    Object.assign(answer, { status, error, line: undefined })
    const isRefused = error instanceof HttpStatusError || error instanceof ContentTypeError
    // After a reload it may be asked for again: there is no answer that could be paid twice.
    if (isRefused && placeOf(answer) === undefined) slot()?.clear()
    else save()
    changed()
  }

  /** Lets go of the line; the answer may go on without us. */
  function leave(): void {
    const { line } = answer
    if (line === undefined) return
    if (options.onUnmount === 'stop') {
      // Nobody is there to be told that the server would not: what is left is to leave.
      line.stop().catch(() => line.close())
    } else line.close()
    Object.assign(answer, { status: 'left', line: undefined })
    changed()
  }

  function mount(): () => void {
    isMounted = true
    cancelLeave?.()
    const listening = new AbortController()
    page.addEventListener?.('pagehide', save, { signal: listening.signal })
    if (!isBegun || wantsOther()) begin()
    else if (answer.isLeftByUnmount && placeOf(answer) !== undefined) resume()
    return () => {
      listening.abort()
      save()
      isMounted = false
      // StrictMode takes every component away once and brings it back at once; `<Activity>` hides one.
      cancelLeave = clock.after(0, () => {
        answer.isLeftByUnmount = answer.line !== undefined && options.onUnmount !== 'stop'
        leave()
      })
    }
  }

  function wantsOther(): boolean {
    const wanted = question()
    if (wanted.storageKey !== answer.storageKey) return true
    return options.autoStart === true && wanted.url !== answer.url
  }

  function begin(): void {
    leave()
    isBegun = true
    answer = createAnswer(question())
    const saved = slot()?.load()
    // Another question under the same name is not ours.
    const isOurs = !options.autoStart || saved?.url === answer.url
    if (saved !== undefined && isOurs) {
      answer = restoredAnswer(saved, answer)
      if (placeOf(answer) !== undefined) resume()
    } else if (options.autoStart) start()
    publish()
  }

  /** Whatever is kept fits together, so that an older saving only makes the way longer. */
  function save(): void {
    cancelSave?.()
    cancelSave = undefined
    if (!isMounted || answer.status === 'idle' || answer.text.length > MAX_SAVED_TEXT) return
    slot()?.save(savedOf(answer))
  }

  function slot() {
    const { storageKey } = answer
    return storageKey === undefined ? undefined : createSavedStreamSlot(storage, storageKey)
  }

  function changed(): void {
    cancelFrame ??= nextFrame(publish)
  }

  function publish(): void {
    cancelFrame?.()
    cancelFrame = undefined
    const { text, status, error } = answer
    const events = newest(answer.events, options.maxEvents ?? MAX_EVENTS)
    shown = { text, events, status, error }
    for (const listener of listeners) listener()
  }

  return {
    start,
    stop,
    resume,
    mount,
    view: () => shown,
    configure(wantedUrl, wanted) {
      url = wantedUrl
      options = wanted
    },
    subscribe(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
  }
}

function newest<T>(items: readonly T[], count: number): T[] {
  return items.slice(Math.max(0, items.length - count))
}

function deltaOf(payload: unknown): string {
  const { delta } = (payload ?? {}) as { delta?: unknown }
  return typeof delta === 'string' ? delta : ''
}

/** Of React: `onClick={start}` is too natural to be a mistake. */
function isClick(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'nativeEvent' in body
}
