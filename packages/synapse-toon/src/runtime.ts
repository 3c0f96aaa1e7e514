import { andThen } from './and-then.ts'
import { ContentCoding } from './http/content-coding.ts'
import type { Admission, Limits, Permit } from './limits/limits.ts'
import type { LogReader, LogWriter, MaybePromise, StreamLog } from './log/log.ts'
import { createMemoryLog } from './log/memory.ts'
import type { Connection } from './stream/connection.ts'
import { Flusher } from './stream/flusher.ts'
import type { Settings, Transform } from './stream/settings.ts'
import { isPromiseLike, type Source } from './stream/source.ts'
import { Stream } from './stream/stream.ts'
import type { Clock } from './time/clock.ts'
import { TimerWheel } from './time/timer-wheel.ts'
import { createStreamId } from './wire/event-id.ts'

/**
 * Records kept of a stream that nobody can come back to, as a multiple of what a connection may
 * hold: enough for `slowClient: 'disconnect'` to see that a client is one buffer behind. Not with
 * `merge`: what waits there must pile up before there is anything to merge, and so gets the room
 * that a log has by default.
 */
const WINDOW_BUFFERS = 2

export interface CreateInput {
  readonly source: Source<unknown>
  readonly transform: Transform<unknown> | undefined
  readonly settings: Settings
  readonly lastEventId: string | undefined
  /** Whether the log keeps all records that fit it, or only a window. */
  readonly keepAll: boolean
  /** Default: a new one. */
  readonly streamId?: string | undefined
  /** Given back when the stream ends, whatever ends it, or when it cannot be made. */
  readonly permit?: Permit | undefined
}

export interface RuntimeInput {
  readonly log: StreamLog
  readonly clock: Clock
  readonly limits?: Limits | undefined
  readonly compressWhenBusy?: boolean
}

/** What all streams of one `createSynapseToon` share. */
export class Runtime {
  readonly log: StreamLog
  /** Of streams that nobody can come back to: never on a disk or a network. */
  readonly #windows: StreamLog
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly flusher = new Flusher()
  readonly coding: ContentCoding
  /** Streams that this process produces now. */
  readonly running = new Map<string, Stream>()
  /** Who reads now, and can be sent elsewhere. */
  readonly connections = new Set<Connection>()
  /** Where there are limits: who may begin a stream. */
  readonly admission: Admission | undefined
  /** Set by `shutdown`: nothing new is admitted. */
  closing = false

  constructor({ log, clock, limits, compressWhenBusy = false }: RuntimeInput) {
    this.log = log
    this.#windows = createMemoryLog({ clock })
    this.clock = clock
    this.wheel = new TimerWheel(clock)
    this.coding = new ContentCoding(this.wheel, compressWhenBusy)
    this.admission = limits?.({ clock, wheel: this.wheel })
  }

  /** Makes a stream; its source is asked only once `start()` is called. */
  create(input: CreateInput): MaybePromise<Stream> {
    return andThen(this.#createLog(input), (log) => this.#createStream(input, log))
  }

  readonly #forget = ({ streamId }: Stream) => {
    this.running.delete(streamId)
  }

  #createStream(input: CreateInput, log: LogWriter): Stream {
    const { clock, wheel } = this
    const { source, transform, settings, lastEventId, permit } = input
    const forget = this.#forget
    const release = (ended: Stream) => {
      forget(ended)
      permit!.release()
    }
    const onEnded = permit === undefined ? forget : release
    const given = { source, transform, settings, lastEventId, log, clock, wheel, onEnded }
    const stream = new Stream(given)
    this.running.set(stream.streamId, stream)
    // Shutdown began while the log was opened: it has not seen this stream.
    if (this.closing) stream.end('shutdown')
    return stream
  }

  /** The log of a stream, wherever its producer is; undefined where nobody knows it. */
  async open(streamId: string): Promise<LogReader | undefined> {
    const own = this.running.get(streamId)?.log ?? this.#windows.open(streamId)
    return (await own) ?? this.log.open(streamId)
  }

  /** Stores what is left, and lets go of the logs. */
  async close(): Promise<void> {
    await this.#windows.close()
    await this.log.close()
  }

  #createLog(input: CreateInput): MaybePromise<LogWriter> {
    const { settings, keepAll, permit, streamId = createStreamId() } = input
    const { principal, maxBufferSize, slowClient } = settings
    const failed = (error: unknown) => {
      permit?.release()
      throw error
    }
    try {
      const log = keepAll
        ? this.log.create(streamId, { principal })
        : this.#windows.create(streamId, {
            principal,
            maxBytes: slowClient === 'merge' ? undefined : WINDOW_BUFFERS * maxBufferSize,
            keepsPassed: false,
          })
      return isPromiseLike(log) ? log.catch(failed) : log
    } catch (error) {
      return failed(error)
    }
  }
}
