import { performance } from 'node:perf_hooks'
import { BusySignal } from '../compress/busy-signal.ts'
import type { Compressor } from '../compress/compressor.ts'
import { type ContentEncoding, DEFAULT_PREFERENCE } from '../compress/content-encoding.ts'
import { createCompressor } from '../compress/create-compressor.ts'
import { type FlushStyle, flushStyleFor } from '../compress/flush-style.ts'
import { negotiateContentEncoding } from '../compress/negotiate.ts'
import { offeredEncodings } from '../compress/offered-encodings.ts'
import type { Sink } from '../stream/sink.ts'
import type { TimerWheel, WheelTimer } from '../time/timer-wheel.ts'
import { CompressedSink, type CompressorSource } from './compressed-sink.ts'
import { NotAcceptableError } from './http-errors.ts'
import type { RequestView } from './request-view.ts'

const LOOK_EVERY_MS = 1_000

/** What can be written, by what was asked for: found out once, since it tries what Node has. */
const offers = new Map<string, readonly ContentEncoding[]>()

/** Which codings of a whole response this process offers, and whether it has the time for them. */
export class ContentCoding implements CompressorSource {
  readonly #wheel: TimerWheel
  readonly #busy = new BusySignal()
  readonly #isBusy: () => boolean
  #timer: WheelTimer | undefined
  #open = 0
  #last: ReturnType<typeof performance.eventLoopUtilization> | undefined

  /** @param whenBusy whether to compress although the processor is the bottleneck */
  constructor(wheel: TimerWheel, whenBusy: boolean) {
    this.#wheel = wheel
    this.#isBusy = () => !whenBusy && this.#busy.busy
  }

  /**
   * The sink of one response: as it is, or compressing.
   *
   * @param preference the best first; `true`: by measurement; `false`, or empty: none
   * @throws {NotAcceptableError} the client takes neither what we have nor the stream as it is
   */
  apply(request: RequestView, sink: Sink, preference: boolean | readonly ContentEncoding[]): Sink {
    const accepted = request.header('accept-encoding')
    const coding = negotiateContentEncoding(accepted, offered(preference))
    if (coding === undefined) throw new NotAcceptableError('Accept-Encoding', accepted!)
    if (coding === 'identity') return sink
    return new CompressedSink(sink, this, coding, flushStyleFor(accepted))
  }

  open(encoding: ContentEncoding, flush: FlushStyle): Compressor {
    if (this.#open++ === 0) this.#look()
    return createCompressor(encoding, { flush, isBusy: this.#isBusy })
  }

  /** With the last compressed response goes the timer. */
  close(): void {
    if (--this.#open > 0) return
    this.#timer?.clear()
    this.#last = undefined
  }

  #look(): void {
    const now = performance.eventLoopUtilization()
    if (this.#last !== undefined) {
      this.#busy.look(performance.eventLoopUtilization(now, this.#last).utilization)
    }
    this.#last = now
    this.#timer = this.#wheel.set(LOOK_EVERY_MS, () => this.#look())
  }
}

function offered(preference: boolean | readonly ContentEncoding[]): readonly ContentEncoding[] {
  const wanted = preference === true ? DEFAULT_PREFERENCE : preference || []
  const key = wanted.join()
  let offer = offers.get(key)
  if (offer === undefined) {
    offer = offeredEncodings(wanted)
    offers.set(key, offer)
  }
  return offer
}
