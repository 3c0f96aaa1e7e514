import { MemoryRecords } from '../src/log/memory-records.ts'
import { Connection, type ConnectionInput } from '../src/stream/connection.ts'
import { Flusher } from '../src/stream/flusher.ts'
import type { FrameSource } from '../src/stream/frame-source.ts'
import { DEFAULT_SETTINGS, resolveOptions } from '../src/stream/resolve-options.ts'
import type { StreamOptions } from '../src/stream/settings.ts'
import type { Source } from '../src/stream/source.ts'
import type { Stream } from '../src/stream/stream.ts'
import { createFakeClock, type FakeClock } from '../src/testing/fake-clock.ts'
import { TimerWheel } from '../src/time/timer-wheel.ts'
import { FakeSink } from './fake-sink.ts'
import { makeStream, STREAM_ID } from './stream-kit.ts'

export interface ConnectionKitOptions extends Partial<Omit<ConnectionInput, 'settings'>> {
  readonly options?: StreamOptions
  readonly sink?: FakeSink
  readonly log?: MemoryRecords
  readonly clock?: FakeClock
}

export interface ConnectionKit {
  readonly connection: Connection
  readonly sink: FakeSink
  readonly log: MemoryRecords
  readonly clock: FakeClock
  readonly wheel: TimerWheel
  /** Appends payloads to the log, as a producer would. */
  append(...payloads: unknown[]): void
  /** Appends the terminal record. */
  end(event?: 'done' | 'error', data?: object): void
}

export function emptyLog(maxBytes = 2 ** 20): MemoryRecords {
  return new MemoryRecords(STREAM_ID, undefined, maxBytes, () => {})
}

/** The next batch, once the one before is written. */
export function refill(frames: FrameSource, target: number, room: number, alone: boolean): boolean {
  frames.clear()
  return frames.fill(target, room, alone)
}

/** A connection that was not started, to a log that the test writes to. */
export function makeConnection(kit: ConnectionKitOptions = {}): ConnectionKit {
  const { options, clock = createFakeClock(), sink = new FakeSink(), log = emptyLog() } = kit
  const wheel = (kit.wheel as TimerWheel | undefined) ?? new TimerWheel(clock)
  const connection = new Connection({
    stream: undefined,
    encoding: 'json',
    after: 0,
    isFirst: true,
    headers: [['X-Test', 'yes']],
    earlyAnswer: ({ reason }) => ({ status: 503, headers: [], body: reason }),
    flusher: new Flusher(),
    startedAt: clock.now(),
    ...kit,
    settings: resolveOptions(options, DEFAULT_SETTINGS),
    sink,
    log,
    clock,
    wheel,
  })
  return {
    connection,
    sink,
    log,
    clock,
    wheel,
    append(...payloads) {
      for (const payload of payloads) {
        log.append({ seq: log.lastSeq + 1, event: 'update', json: JSON.stringify(payload) })
      }
    },
    end(event = 'done', data = { reason: 'complete', chunks: log.lastSeq }) {
      log.append({ seq: log.lastSeq + 1, event, json: JSON.stringify(data) })
    },
  }
}

/** A connection to a stream with a producer, both started in the order in which a request does it. */
export function serveStream(
  source: Source<unknown>,
  kit: ConnectionKitOptions & { readonly maxBytes?: number } = {},
): ConnectionKit & { readonly stream: Stream } {
  const { stream, log, clock, wheel } = makeStream(source, kit)
  const made = makeConnection({ ...kit, stream, log, clock, wheel })
  made.connection.start()
  if (!stream.ended) stream.start()
  return { ...made, stream }
}
