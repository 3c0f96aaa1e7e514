import type { LogReader, LogSubscriber, MaybePromise } from '../log/log.ts'
import { profileOf } from '../profile/profile-of.ts'
import type { Clock } from '../time/clock.ts'
import type { TimerOwner, TimerWheel, WheelTimer } from '../time/timer-wheel.ts'
import { encodeRetry, HEARTBEAT } from '../wire/frame.ts'
import type { PayloadEncoding } from '../wire/payload-encoding.ts'
import type { LogRecord } from '../wire/record.ts'
import type { EndReason } from './end-reason.ts'
import type { Flushable, Flusher } from './flusher.ts'
import { FrameSource } from './frame-source.ts'
import { type ConnectionSummary, notify, type StreamSummary } from './observer.ts'
import { optimalChunkSize } from './optimal-chunk-size.ts'
import type { StreamReader } from './readers.ts'
import type { Settings } from './settings.ts'
import { retryAfterMove } from './shutdown-retry.ts'
import type { PlainAnswer, Sink, SinkEvents } from './sink.ts'
import { isPromiseLike } from './source.ts'
import type { LeaveReason, Stream } from './stream.ts'

export interface ConnectionInput {
  readonly sink: Sink
  readonly log: LogReader
  /** The producer, where it runs in this process. */
  readonly stream: Stream | undefined
  readonly encoding: PayloadEncoding
  /** Position that the client has; 0 for none. */
  readonly after: number
  /** Whether this request began the stream: then a failure before the first payload is an answer. */
  readonly isFirst: boolean
  readonly headers: readonly (readonly [string, string])[]
  /** What to answer when the stream failed before the first payload. */
  readonly earlyAnswer: (ended: StreamSummary) => MaybePromise<PlainAnswer>
  readonly settings: Settings
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly flusher: Flusher
  readonly startedAt: number
  /** Where it is listed as long as it lasts. */
  readonly among?: Set<Connection> | undefined
}

/**
 * `waiting`: nothing sent, status still open. `open`: status sent. `ending`: the terminal frame is
 * written, the network has not taken all. `over`: everything is released.
 */
type State = 'waiting' | 'open' | 'ending' | 'over'

/**
 * One client reading one stream at its own pace: reads records from its position on, writes frames,
 * waits when the client is slow. Everything it holds is released in `#finish`, once.
 */
export class Connection implements Flushable, LogSubscriber, StreamReader, SinkEvents, TimerOwner {
  // What is asked for with every record stands together: see `Stream`.
  /** The sink wants no more until it drains. */
  #blocked = false
  /** All that is in the log is in a batch: what comes next can be framed as it comes. */
  #isLive = false
  /** Handed to the flusher and not yet flushed. */
  #scheduled = false
  #isLoading = false
  /** Of the batch, records that the stream was not told of. */
  #hasUnpassed = false
  waitsUntil = 0
  #state: State = 'waiting'
  #bytes = 0
  /** Bytes that the network had not taken after the last write: more it cannot be now. */
  #unsent = 0
  readonly #frames: FrameSource
  readonly #settings: Settings
  readonly #stream: Stream | undefined
  readonly #flusher: Flusher
  readonly #sink: Sink
  readonly #wheel: TimerWheel
  /** Of the timer for heartbeats. */
  touchedAt = -1
  /** Asked to go elsewhere, and sent there. */
  #isMoving = false
  #moved = false

  readonly done: Promise<ConnectionSummary>
  #resolveDone!: (summary: ConnectionSummary) => void
  readonly #log: LogReader
  readonly #clock: Clock
  readonly #after: number
  readonly #startedAt: number
  readonly #among: Set<Connection> | undefined
  /** What is needed until there is a status; undefined from then on. */
  #opening: ConnectionInput | undefined
  #status = 0
  #ttfbMs: number | undefined
  #blockedSince = 0
  /** Newest position when this connection began: up to it, the client is not late. */
  readonly #liveAfter: number
  #blockedMs = 0
  #unsubscribe: () => void = () => {}
  #heartbeatTimer: WheelTimer | undefined
  #commitTimer: WheelTimer | undefined
  #stallTimer: WheelTimer | undefined
  /** Why the stream ended, when that was answered instead of streamed. */
  #earlyReason: EndReason | undefined

  constructor(input: ConnectionInput) {
    const { log, encoding, after, settings } = input
    this.#sink = input.sink
    this.#log = log
    this.#stream = input.stream
    this.#settings = settings
    this.#clock = input.clock
    this.#wheel = input.wheel
    this.#flusher = input.flusher
    this.#after = after
    this.#startedAt = input.startedAt
    this.#among = input.among
    this.#opening = input
    const merge = settings.slowClient === 'merge' ? settings.merge : undefined
    this.#liveAfter = log.lastSeq
    const { observer } = settings
    const profile = profileOf(settings)
    this.#frames = new FrameSource({ log, encoding, after, merge, observer, profile })
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve
    })
  }

  /** Only `wait` makes the source wait; the other policies deal with what has piled up. */
  get holdsBack(): boolean {
    return this.#blocked && this.#settings.slowClient === 'wait'
  }

  start(): void {
    this.#among?.add(this)
    this.#sink.listen(this)
    this.#stream?.attach(this)
    if (this.#sink.closed) return this.#finish('client-left')
    this.#unsubscribe = this.#log.subscribe(this)
    const { streamId } = this.#log
    const after = this.#after
    if (after > 0) notify(this.#settings.observer, 'resumed', { streamId, after })
    if (!this.#opening!.isFirst || this.#settings.commitAfter === 0) this.#commit()
    else this.#commitTimer = this.#wheel.set(this.#settings.commitAfter, () => this.#commitEarly())
    this.onAppend()
  }

  /** Writes what is ready, as long as the client has room. `Flusher` says how often in a turn. */
  flush(): void {
    this.#scheduled = false
    if (this.#state === 'waiting' && this.#frames.hasMore) this.#open()
    if (this.#state !== 'open') return
    if (!this.#isLive) this.#readLog()
    if (this.#frames.bytes > 0 && this.#canWrite) this.#write()
    if (this.#frames.ended) this.#end()
    else if (this.#isMoving) this.#moveNow()
  }

  /** Writes what the log has behind the position, after a batch that was begun. */
  #readLog(): void {
    const frames = this.#frames
    while (this.#canWrite && frames.isReady) {
      const unsent = this.#sink.unsentBytes()
      const room = this.#settings.maxBufferSize - unsent
      if (frames.fill(optimalChunkSize(this.#bytes), room, unsent === 0)) this.#write()
      else this.#block()
    }
    this.#stream?.passed(frames.position)
    if (frames.hasMore) {
      if (this.#canWrite) this.#load()
    } else if (this.#canWrite) {
      // Not while blocked: what comes until the client takes again has waited for it.
      frames.caughtUp()
      this.#isLive = true
    }
  }

  /** Frames a record as it comes. @returns false: it is left to `flush`, which reads the log */
  #take(record: LogRecord): boolean {
    for (;;) {
      const isFirst = this.#frames.bytes === 0
      const target = optimalChunkSize(this.#bytes)
      if (this.#frames.add(record, target, this.#settings.maxBufferSize - this.#unsent)) {
        // What is kept is put away together, which takes less; the first, which is at hand, may be alone.
        if (isFirst || !this.#settings.resume) this.#stream?.passed(record.seq)
        else this.#hasUnpassed = true
        return true
      }
      if (isFirst) return false
      this.#write()
      if (!this.#isLive) return false
    }
  }

  /**
   * Sends the client to another instance, which goes on where this one was: the response ends
   * without a terminal frame. One that has no event yet stays until it has: it could not say where
   * it was, and would begin anew. One of a profile without ids, which never could, stays to its end.
   */
  moveOn(): void {
    if (!this.#canResume) return
    this.#isMoving = true
    this.#moveNow()
  }

  #moveNow(): void {
    // What is scheduled is written first, and then asks again.
    if (!this.#canWrite || this.#scheduled || this.#isLoading) return
    if (this.#frames.position === 0) return
    const retry = encodeRetry(retryAfterMove())
    this.#sink.write(retry, retry.length)
    this.#moved = true
    this.#end()
  }

  /** Fetches older records than those in memory; the client waits, its heartbeats go on. */
  #load(): void {
    if (this.#isLoading) return
    this.#isLoading = true
    this.#frames.load().then(
      () => {
        this.#isLoading = false
        if (this.#state !== 'over') this.flush()
      },
      (error) => this.onFlushError(error),
    )
  }

  /** Whether its frames have ids. */
  get #canResume(): boolean {
    return this.#settings.profile === 'synapse'
  }

  /** False too when the connection was cut off in the middle of a flush. */
  get #canWrite(): boolean {
    return this.#state === 'open' && !this.#blocked
  }

  onFlushError(error: unknown): void {
    process.emitWarning(`a connection failed: ${error}`, { code: 'SYNAPSE_CONNECTION' })
    this.#cutOff('client-left')
  }

  onAppend(record?: LogRecord): void {
    if (this.#blocked) return this.#checkOverflow()
    if (this.#isLive) this.#isLive = record !== undefined && this.#take(record)
    if (this.#scheduled || this.#isLoading) return
    this.#scheduled = true
    this.#flusher.schedule(this)
  }

  /** The first records are there: a status, or a failure as an answer of its own. */
  #open(): void {
    const { isFirst, earlyAnswer } = this.#opening!
    const summary = this.#stream?.summary
    if (!isFirst || summary === undefined || !this.#frames.startsWithFailure) return this.#commit()
    this.#earlyReason = summary.reason
    this.#stopReading()
    const answer = earlyAnswer(summary)
    if (!isPromiseLike(answer)) return this.#answer(answer)
    answer.then((settled) => this.#answer(settled)).catch((error) => this.onFlushError(error))
  }

  #answer(answer: PlainAnswer): void {
    if (this.#state === 'over') return
    this.#status = answer.status
    this.#armStall()
    this.#sink.answer(answer)
  }

  /** `commitAfter` has passed without a payload: from here on failures are frames. */
  #commitEarly(): void {
    this.#commit()
    this.#writeHeartbeat()
  }

  #commit(): void {
    if (this.#state !== 'waiting') return
    this.#state = 'open'
    this.#status = 200
    this.#commitTimer?.clear()
    this.#commitTimer = undefined
    const { headers } = this.#opening!
    this.#opening = undefined
    try {
      this.#sink.commit(headers)
    } catch (error) {
      // Someone else has sent a status. In a timer, the error would reach nobody but the process.
      return this.onFlushError(error)
    }
    if (this.#canResume) this.#stream?.announce()
    const elapsedMs = this.#clock.now() - this.#startedAt
    notify(this.#settings.observer, 'committed', { streamId: this.#log.streamId, elapsedMs })
    if (this.#settings.heartbeat > 0) this.#armHeartbeat()
  }

  #armHeartbeat(): void {
    this.#heartbeatTimer = this.#wheel.set(this.#settings.heartbeat, this)
  }

  #write(): void {
    const { text, bytes } = this.#frames
    this.#frames.clear()
    if (this.#bytes === 0) this.#ttfbMs = this.#clock.now() - this.#startedAt
    this.#bytes += bytes
    this.touchedAt = this.#wheel.looks
    const wantsMore = this.#sink.write(text, bytes)
    if (this.#hasUnpassed) {
      this.#hasUnpassed = false
      this.#stream?.passed(this.#frames.position)
    }
    this.#unsent = this.#sink.unsentBytes()
    if (!wantsMore || this.#unsent >= this.#settings.maxBufferSize) this.#block()
  }

  /** Nothing was written for as long as a line may be silent. */
  onDue(): void {
    this.#writeHeartbeat()
    if (this.#state === 'open') this.#armHeartbeat()
  }

  /** Not on a line that still has bytes to take: those keep it open already. */
  #writeHeartbeat(): void {
    if (!this.#canWrite || this.#sink.unsentBytes() > 0) return
    this.#sink.write(HEARTBEAT, HEARTBEAT.length)
  }

  #block(): void {
    this.#blocked = true
    this.#isLive = false
    this.#blockedSince = this.#clock.now()
    this.#frames.fellBehind()
    if (this.#settings.slowClient === 'wait') this.#stream?.readerChanged(this)
    notify(this.#settings.observer, 'blocked', {
      streamId: this.#log.streamId,
      unsentBytes: this.#sink.unsentBytes(),
    })
    this.#armStall()
  }

  onDrain(): void {
    if (!this.#blocked || this.#sink.unsentBytes() >= this.#settings.maxBufferSize) return
    this.#unblock()
    if (this.#settings.slowClient === 'wait') this.#stream?.readerChanged(this)
    if (this.#state !== 'open') return
    this.#stallTimer?.clear()
    this.flush()
  }

  #unblock(): void {
    this.#blocked = false
    this.#blockedMs += this.#clock.now() - this.#blockedSince
  }

  /** Counts only what came since the start: a long replay to a client that is fast is no overflow. */
  #checkOverflow(): void {
    if (this.#settings.slowClient !== 'disconnect' || this.#state !== 'open') return
    const unread = this.#log.bytesAfter(Math.max(this.#frames.position, this.#liveAfter))
    if (unread > this.#settings.maxBufferSize) this.#cutOff('overflow')
  }

  /** Watches that the network takes something as long as there is something to take. */
  #armStall(): void {
    this.#stallTimer?.clear()
    if (this.#settings.deadlines.stall === 0) return
    const before = this.#sink.progress()
    this.#stallTimer = this.#wheel.set(this.#settings.deadlines.stall, () => {
      if (this.#sink.progress() === before) this.#cutOff('stalled-client')
      else this.#armStall()
    })
  }

  /** The terminal frame is written: nothing more is read, only taken by the network. */
  #end(): void {
    this.#stopReading()
    this.#armStall()
    this.#sink.end()
  }

  #stopReading(): void {
    this.#state = 'ending'
    this.#unsubscribe()
    this.#commitTimer?.clear()
    this.#heartbeatTimer?.clear()
  }

  onClose(wasTaken: boolean): void {
    const served = wasTaken && this.#state === 'ending'
    this.#finish(served ? this.#leaveReason : 'client-left')
  }

  /** Why a client that was served leaves a stream that goes on; undefined: it has the stream's end. */
  get #leaveReason(): LeaveReason | undefined {
    if (this.#frames.endedByGap) return 'overflow'
    return this.#moved ? 'shutdown' : undefined
  }

  #cutOff(reason: LeaveReason): void {
    this.#finish(reason)
    this.#sink.destroy()
  }

  /** The one place where a connection ends and lets go of everything it holds. */
  #finish(leave: LeaveReason | undefined): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#unsubscribe()
    this.#commitTimer?.clear()
    this.#heartbeatTimer?.clear()
    this.#stallTimer?.clear()
    this.#among?.delete(this)
    this.#frames.close()
    this.#stream?.detach(this, leave)
    // After `detach`, which asks for `holdsBack`.
    if (this.#blocked) this.#unblock()
    const summary: ConnectionSummary = {
      status: this.#status,
      streamId: this.#log.streamId,
      reason: leave ?? this.#earlyReason ?? this.#frames.endReason,
      lost: leave,
      chunks: this.#frames.chunks,
      bytes: this.#bytes,
      wire: this.#sink.wire,
      ttfbMs: this.#ttfbMs,
      durationMs: this.#clock.now() - this.#startedAt,
      blockedMs: this.#blockedMs,
      resumedAfter: this.#after > 0 ? this.#after : undefined,
    }
    notify(this.#settings.observer, 'disconnected', summary)
    this.#resolveDone(summary)
  }
}
