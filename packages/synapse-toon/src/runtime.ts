import type { Admission, Limits, Permit } from './limits/limits.ts'
import type { LogWriter, StreamLog } from './log/log.ts'
import { Flusher } from './stream/flusher.ts'
import type { Settings, Transform } from './stream/settings.ts'
import type { Source } from './stream/source.ts'
import { Stream } from './stream/stream.ts'
import type { Clock } from './time/clock.ts'
import { TimerWheel } from './time/timer-wheel.ts'
import { createStreamId } from './wire/event-id.ts'

/**
 * Records kept of a stream that nobody can come back to, as a multiple of what a connection may
 * hold: enough for `slowClient: 'disconnect'` to see that a client is one buffer behind.
 */
const WINDOW_BUFFERS = 2

export interface CreateInput {
  readonly source: Source<unknown>
  readonly transform: Transform<unknown> | undefined
  readonly settings: Settings
  readonly lastEventId: string | undefined
  /** Whether the log keeps all records that fit it, or only a window. */
  readonly keepAll: boolean
  /** Given back when the stream ends, whatever ends it, or when it cannot be made. */
  readonly permit?: Permit | undefined
}

/** What all streams of one `createSynapseToon` share. */
export class Runtime {
  readonly log: StreamLog
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly flusher = new Flusher()
  /** Streams that this process produces now. */
  readonly running = new Map<string, Stream>()
  /** Where there are limits: who may begin a stream. */
  readonly admission: Admission | undefined
  /** Set by `shutdown`: nothing new is admitted. */
  closing = false

  constructor(log: StreamLog, clock: Clock, limits?: Limits) {
    this.log = log
    this.clock = clock
    this.wheel = new TimerWheel(clock)
    this.admission = limits?.({ clock, wheel: this.wheel })
  }

  /** Makes a stream; its source is asked only once `start()` is called. */
  async create(input: CreateInput): Promise<Stream> {
    const { clock, wheel } = this
    const log = await this.#createLog(input)
    const stream = new Stream({ ...input, log, clock, wheel })
    this.running.set(stream.streamId, stream)
    void stream.done.then(() => {
      this.running.delete(stream.streamId)
      input.permit?.release()
    })
    // Shutdown began while the log was opened: it has not seen this stream.
    if (this.closing) stream.end('shutdown')
    return stream
  }

  async #createLog({ settings, keepAll, permit }: CreateInput): Promise<LogWriter> {
    const { principal } = settings
    try {
      const maxBytes = keepAll ? undefined : WINDOW_BUFFERS * settings.maxBufferSize
      return await this.log.create(createStreamId(), { principal, maxBytes })
    } catch (error) {
      permit?.release()
      throw error
    }
  }
}
