import type { LogWriter, WriterEvents } from '../log/log.ts'
import type { Clock } from '../time/clock.ts'
import type { TimerOwner, TimerWheel, WheelTimer } from '../time/timer-wheel.ts'
import { nextTurn } from '../time/turn.ts'
import { updateRecord } from '../wire/update-record.ts'
import type { EndReason } from './end-reason.ts'
import { interruption } from './interruption.ts'
import { notify, type StreamProgress, type StreamSummary } from './observer.ts'
import { Readers, type StreamReader } from './readers.ts'
import type { Settings, Transform } from './settings.ts'
import {
  isPromiseLike,
  type OpenSource,
  openChunks,
  releaseSource,
  type Source,
  type SourceContext,
} from './source.ts'
import { terminalRecord } from './terminal-record.ts'

/** Why a reader went while its stream went on. */
export type LeaveReason = 'client-left' | 'stalled-client' | 'overflow' | 'shutdown'

export interface StreamInput<Chunk> {
  readonly source: Source<Chunk>
  readonly transform: Transform<Chunk> | undefined
  /** Handed to a source function. */
  readonly lastEventId: string | undefined
  readonly log: LogWriter
  readonly settings: Settings
  readonly clock: Clock
  readonly wheel: TimerWheel
  /** Called once, when all is let go of. */
  readonly onEnded?: (stream: Stream) => void
}

/**
 * Chunks taken without giving the event loop a turn. A source that never waits (an array, a
 * buffered upstream) would otherwise keep sockets, timers and all other streams from running.
 */
const CHUNKS_PER_TURN = 128

/** The same in characters of JSON: what is ready stays near what a connection may hold. */
const CHARACTERS_PER_TURN = 65_536

/**
 * One answer: pulls its source, records payloads, and ends exactly once, with one reason, in
 * `end()`. Connections read its log, each at its own pace; the stream only asks whether to go on.
 */
export class Stream<Chunk = unknown> implements StreamProgress, WriterEvents, TimerOwner {
  // What is asked for with every chunk stands together, as objects lie in memory in this order: of a
  // thousand streams that take turns, little of each stays in the processor's cache.
  /** What the source's promises call: made once for each stream. */
  readonly #onResult = (result: IteratorResult<Chunk>): void => {
    try {
      if (this.#receive(result)) this.#pull()
    } catch (error) {
      this.#fail(error)
    }
  }
  // After the end this is the parked `next()` of a source that was stopped: nobody's concern.
  readonly #fail = (error: unknown): void => this.end('source-error', error)
  readonly log: LogWriter
  readonly settings: Settings
  readonly #wheel: TimerWheel
  /** Of the timer for progress. */
  touchedAt = -1
  chunks = 0
  bytes = 0
  #summary: StreamSummary | undefined
  readonly #transform: Transform<Chunk> | undefined
  /** Of `#readers`, kept here as well, since each chunk asks for it. */
  #isHeldBack = false
  /** For room: a reader that passes something on has it look again. */
  #isWaiting = false
  /** Whether we are waiting for the source; while a slow client makes us wait, it is not late. */
  #asking = false
  #firstChunkSeen = false
  /** Of `#source`, kept here as well, since each chunk asks for it. */
  #iterator: OpenSource<Chunk>['iterator'] | undefined
  /** Taken since the event loop last had a turn. */
  #chunksThisTurn = 0
  #charactersThisTurn = 0

  readonly streamId: string
  readonly principal: string | undefined
  /** Settles with the summary when the stream has ended; never rejects. */
  readonly done: Promise<StreamSummary>
  readonly #given: Source<Chunk>
  readonly #lastEventId: string | undefined
  readonly #clock: Clock
  readonly #onEnded: StreamInput<Chunk>['onEnded']
  readonly #readers = new Readers()
  readonly #startedAt: number
  /** Made when a source asks for its signal: many never do, and one weighs more than all else here. */
  #controller: AbortController | undefined
  #isStopped = false
  /** Why the source is to stop. */
  #cause: unknown
  #firstPayloadMs: number | undefined
  #usage: unknown
  #resolveDone!: (summary: StreamSummary) => void
  #source: OpenSource<Chunk> | undefined
  /** Whether a client can name this stream, and so come back to it. */
  #announced = false
  /** Connect, first chunk, idle: one follows the other, so one timer serves them. */
  #progressTimer: WheelTimer | undefined
  /** What is ended for when it is due, and after how many ms. */
  #lateReason: EndReason | undefined
  #lateAfter = 0
  #totalTimer: WheelTimer | undefined
  #continueTimer: WheelTimer | undefined

  constructor(input: StreamInput<Chunk>) {
    this.log = input.log
    this.streamId = input.log.streamId
    this.principal = input.log.principal
    this.settings = input.settings
    this.#given = input.source
    this.#transform = input.transform
    this.#lastEventId = input.lastEventId
    this.#clock = input.clock
    this.#wheel = input.wheel
    this.#onEnded = input.onEnded
    this.#startedAt = input.clock.now()
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve
    })
    this.log.listen(this)
  }

  onRoom(): void {
    this.#readers.wake()
  }

  onCancel(): void {
    this.end('cancelled')
  }

  onLost(): void {
    this.end('producer-lost')
  }

  get ended(): boolean {
    return this.#summary !== undefined
  }

  /** Undefined until the stream has ended. */
  get summary(): StreamSummary | undefined {
    return this.#summary
  }

  get elapsedMs(): number {
    return this.#clock.now() - this.#startedAt
  }

  /** Asks the source from now on. Once; a reader that is to be there from the start comes before. */
  start(): void {
    if (this.ended) return
    const { total } = this.settings.deadlines
    if (total > 0) this.#totalTimer = this.#wheel.set(total, () => this.end('deadline'))
    notify(this.settings.observer, 'opened', this)
    if (this.#readers.size === 0) this.#continueAlone('client-left')
    if (!this.ended) void this.#produce()
  }

  /** A client has been told the stream's id: from now on it may come back. */
  announce(): void {
    this.#announced = true
  }

  attach(reader: StreamReader): void {
    this.#continueTimer?.clear()
    this.#continueTimer = undefined
    this.#readers.add(reader)
    this.#isHeldBack = this.#readers.allHoldBack
  }

  /** A reader is gone; `undefined` when it was served to the end. */
  detach(reader: StreamReader, reason: LeaveReason | undefined): void {
    if (!this.#readers.remove(reader)) return
    this.#isHeldBack = this.#readers.allHoldBack
    if (reason === undefined || this.ended || this.#readers.size > 0) return
    // Sent elsewhere, it reads on there.
    const goesOn = reason === 'shutdown' || this.#mayContinueAlone()
    if (goesOn) this.#continueAlone(reason)
    else this.end(reason)
  }

  /** `reader.holdsBack` has just become the other value. */
  readerChanged(reader: StreamReader): void {
    this.#readers.changed(reader)
    this.#isHeldBack = this.#readers.allHoldBack
  }

  /** A reader has passed on everything up to `seq`. */
  passed(seq: number): void {
    this.log.passed(seq)
    if (this.#isWaiting) this.#readers.wake()
  }

  /**
   * The one place where a stream ends: whatever happens, the first call wins, and everything that
   * the stream holds is let go here.
   */
  end(reason: EndReason, error?: unknown): void {
    if (this.#summary !== undefined) return
    const { settings } = this
    this.#progressTimer?.clear()
    this.#totalTimer?.clear()
    this.#continueTimer?.clear()
    this.#summary = this.#summarise(reason, error)
    this.log.append(terminalRecord(this.log.lastSeq + 1, this.#summary, settings.exposeError))
    if (reason !== 'complete') {
      this.#isStopped = true
      this.#cause = interruption(reason, error, settings.deadlines)
      this.#controller?.abort(this.#cause)
      if (this.#source !== undefined) this.#source.stop(this.#cause)
      // Not asked yet, but maybe open already.
      else releaseSource(this.#given)
    }
    this.#readers.wake()
    notify(settings.observer, 'ended', this.#summary)
    this.#resolveDone(this.#summary)
    this.#onEnded?.(this as Stream)
  }

  async #produce(): Promise<void> {
    try {
      const { iterator } = await this.#open()
      this.#iterator = iterator
      this.#pull()
    } catch (error) {
      this.#fail(error)
    }
  }

  /**
   * Takes chunks for as long as they are at hand; whatever it waits for calls it again. Not an async
   * function: those make two closures for each chunk, and a frame that a thousand streams push out
   * of the processor's cache.
   */
  #pull(): void {
    while (!this.ended) {
      if (this.#mustWait()) return this.#waitForRoom()
      this.#asking = true
      const next = this.#iterator!.next()
      if (isPromiseLike(next)) {
        Promise.resolve(next).then(this.#onResult, this.#fail)
        return
      }
      if (!this.#receive(next)) return
    }
  }

  #pullAfter(wait: Promise<unknown>): void {
    wait.then(() => this.#pull()).catch(this.#fail)
  }

  #waitForRoom(): void {
    this.#isWaiting = true
    const room = this.#readers.room().then(() => {
      this.#isWaiting = false
      // The source is not late for what a reader took.
      this.touchedAt = this.#wheel.looks
    })
    this.#pullAfter(room)
  }

  /** @returns whether the next chunk may be asked for at once; else `#pull` is called when it may */
  #receive(result: IteratorResult<Chunk>): boolean {
    if (this.ended) return false
    if (result.done) {
      this.end('complete')
      return false
    }
    this.#onChunk()
    const { value } = result
    // As `for await` does: an iterable may yield promises.
    const taken = isPromiseLike<Chunk>(value)
      ? Promise.resolve(value).then((chunk) => this.#take(chunk))
      : this.#take(value)
    if (typeof taken === 'number') return this.#goesOn(taken)
    taken
      .then((characters) => {
        if (this.#goesOn(characters)) this.#pull()
      })
      .catch(this.#fail)
    return false
  }

  /** After a chunk. @returns as `#receive` */
  #goesOn(characters: number): boolean {
    this.#asking = false
    this.#chunksThisTurn++
    this.#charactersThisTurn += characters
    if (this.#chunksThisTurn < CHUNKS_PER_TURN && this.#charactersThisTurn < CHARACTERS_PER_TURN) {
      return true
    }
    this.#chunksThisTurn = 0
    this.#charactersThisTurn = 0
    this.#pullAfter(nextTurn())
    return false
  }

  async #open(): Promise<OpenSource<Chunk>> {
    this.#asking = true
    let chunks = this.#given
    if (typeof chunks === 'function') {
      this.#setProgressDeadline('connect-timeout', this.settings.deadlines.connect)
      chunks = await chunks(this.#context())
    }
    this.#source = openChunks(chunks)
    // The stream may have ended while the source was connecting: what came is let go at once.
    if (this.ended) this.#source.stop(this.#cause)
    else this.#setProgressDeadline('first-chunk-timeout', this.settings.deadlines.firstChunk)
    return this.#source
  }

  #context(): SourceContext {
    const signal = () => this.#signal()
    return {
      get signal() {
        return signal()
      },
      streamId: this.streamId,
      lastEventId: this.#lastEventId,
    }
  }

  #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isStopped) this.#controller.abort(this.#cause)
    }
    return this.#controller.signal
  }

  #onChunk(): void {
    if (this.#firstChunkSeen) this.touchedAt = this.#wheel.looks
    else {
      this.#firstChunkSeen = true
      this.#setProgressDeadline('idle-timeout', this.settings.deadlines.idle)
    }
  }

  /** Turns a chunk into a record. @returns characters of JSON recorded, 0 for a skipped chunk */
  #take(chunk: Chunk): number | Promise<number> {
    const transform = this.#transform
    if (transform === undefined) return this.#record(chunk)
    const payload = transform(chunk)
    if (!isPromiseLike(payload)) return this.#record(payload)
    return Promise.resolve(payload).then((settled) => this.#record(settled))
  }

  #record(payload: unknown): number {
    if (payload === undefined || this.ended) return 0
    const record = updateRecord(this.log.lastSeq + 1, payload)
    this.chunks++
    if (this.chunks === 1) this.#firstPayloadMs = this.elapsedMs
    const usage = (payload as { usage?: unknown } | null)?.usage
    if (usage !== undefined && usage !== null) this.#usage = usage
    this.bytes += this.log.append(record)
    const { observer } = this.settings
    // Appending may have ended the stream, by cutting off a reader that fell too far behind.
    if (observer?.chunk !== undefined && !this.ended) notify(observer, 'chunk', this)
    return record.json.length
  }

  #mustWait(): boolean {
    if (this.ended) return false
    this.#asking = false
    // What nobody has read yet must fit the log: it is what a client may still come back for.
    return this.#isHeldBack || !this.log.hasRoom
  }

  #setProgressDeadline(reason: EndReason, milliseconds: number): void {
    this.#progressTimer?.clear()
    if (milliseconds === 0 || this.ended) return
    this.#lateReason = reason
    this.#lateAfter = milliseconds
    this.#progressTimer = this.#wheel.set(milliseconds, this)
  }

  /** No progress for as long as there may be none. */
  onDue(): void {
    if (this.#asking) this.end(this.#lateReason!)
    else this.#setProgressDeadline(this.#lateReason!, this.#lateAfter)
  }

  #continueAlone(reason: LeaveReason): void {
    const { continueFor } = this.settings
    this.#continueTimer?.clear()
    if (continueFor === 0) this.end(reason)
    else this.#continueTimer = this.#wheel.set(continueFor, () => this.#endUnread(reason))
  }

  /** Nobody in this process has read for `continueFor`; in another one, somebody may. */
  async #endUnread(reason: LeaveReason): Promise<void> {
    // A log that cannot say has nobody who could read it.
    const elsewhere = await Promise.resolve(this.log.readers()).catch(() => 0)
    if (this.#readers.size > 0 || this.ended) return
    if (elsewhere > 0) this.#continueAlone(reason)
    else this.end(reason)
  }

  #mayContinueAlone(): boolean {
    const { onDisconnect, resume } = this.settings
    if (onDisconnect !== undefined) return onDisconnect === 'continue'
    return resume && this.#announced
  }

  #summarise(reason: EndReason, error: unknown): StreamSummary {
    return {
      streamId: this.streamId,
      principal: this.principal,
      chunks: this.chunks,
      bytes: this.bytes,
      elapsedMs: this.elapsedMs,
      reason,
      error,
      firstPayloadMs: this.#firstPayloadMs,
      usage: this.#usage,
    }
  }
}
