import { MemoryRecords } from '../src/log/memory-records.ts'
import type { StreamReader } from '../src/stream/readers.ts'
import { DEFAULT_SETTINGS, resolveOptions } from '../src/stream/resolve-options.ts'
import type { StreamOptions, Transform } from '../src/stream/settings.ts'
import type { Source } from '../src/stream/source.ts'
import { Stream } from '../src/stream/stream.ts'
import { createFakeClock, type FakeClock } from '../src/testing/fake-clock.ts'
import { TimerWheel } from '../src/time/timer-wheel.ts'

export const STREAM_ID = '5f0c7a52-91d3-8e14-b0a6'

export interface StreamKitOptions {
  readonly options?: StreamOptions
  readonly transform?: Transform<never>
  readonly lastEventId?: string
  /** Bytes that the log keeps. Default 1 MiB. */
  readonly maxBytes?: number
  readonly clock?: FakeClock
}

export interface StreamKit {
  readonly stream: Stream
  readonly log: MemoryRecords
  readonly clock: FakeClock
  readonly wheel: TimerWheel
  /** What the records of payloads say, as far as the log has them. */
  payloads(): unknown[]
  /** The event name of the last record, and what it says. */
  last(): { readonly event: string; readonly data: unknown }
}

/** A stream on a fake clock with a memory log of its own, not started. */
export function makeStream(source: Source<unknown>, kit: StreamKitOptions = {}): StreamKit {
  const { clock = createFakeClock(), maxBytes = 2 ** 20, options } = kit
  const wheel = new TimerWheel(clock)
  const settings = resolveOptions(options, DEFAULT_SETTINGS)
  const log = new MemoryRecords(STREAM_ID, settings.principal, maxBytes, () => {})
  const stream = new Stream({
    source,
    transform: kit.transform as Transform<unknown> | undefined,
    lastEventId: kit.lastEventId,
    log,
    settings,
    clock,
    wheel,
  })
  const records = () => {
    const kept = []
    for (let seq = log.firstSeq; seq <= log.lastSeq; seq++) kept.push(log.at(seq)!)
    return kept
  }
  return {
    stream,
    log,
    clock,
    wheel,
    payloads: () =>
      records()
        .filter(({ event }) => event === 'update')
        .map(({ json }) => JSON.parse(json) as unknown),
    last() {
      const { event, json } = log.at(log.lastSeq)!
      return { event, data: JSON.parse(json) as unknown }
    },
  }
}

/** A reader of a stream that takes what it is given, or holds back when it is told to. */
export class TestReader implements StreamReader {
  holdsBack = false

  hold(stream: Stream, holdsBack: boolean): void {
    this.holdsBack = holdsBack
    stream.readerChanged(this)
  }
}
