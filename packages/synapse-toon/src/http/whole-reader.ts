import type { LogReader, LogSubscriber, MaybePromise } from '../log/log.ts'
import { type ConnectionSummary, notify } from '../stream/observer.ts'
import type { StreamReader } from '../stream/readers.ts'
import type { Settings } from '../stream/settings.ts'
import type { PlainAnswer, Sink } from '../stream/sink.ts'
import { isPromiseLike } from '../stream/source.ts'
import type { Stream } from '../stream/stream.ts'
import { endReasonOf } from '../stream/terminal-record.ts'
import { TooLargeError } from './http-errors.ts'
import { documentAnswer, earlyFailure, refusal } from './plain-answers.ts'
import type { RequestView } from './request-view.ts'
import { wholeAnswer } from './whole-answer.ts'

export interface WholeReaderInput {
  readonly log: LogReader
  readonly stream: Stream | undefined
  readonly request: RequestView
  readonly sink: Sink
  readonly format: 'json' | 'toon'
  readonly settings: Settings
  readonly now: () => number
  readonly startedAt: number
}

/**
 * A client that wants the answer as one document: waits for the end, then sends it. It passes no
 * record on before, so the log keeps them all, and the producer pauses when they no longer fit.
 */
export class WholeReader implements StreamReader, LogSubscriber {
  readonly holdsBack = false
  readonly done: Promise<ConnectionSummary>
  readonly #input: WholeReaderInput
  #resolveDone!: (summary: ConnectionSummary) => void
  #unsubscribe: () => void = () => {}
  #status = 0
  #over = false

  constructor(input: WholeReaderInput) {
    this.#input = input
    this.done = new Promise((resolve) => {
      this.#resolveDone = resolve
    })
  }

  start(): void {
    const { sink, stream, log } = this.#input
    sink.listen({ onDrain() {}, onClose: (served) => this.#finish(served && this.#status !== 0) })
    stream?.attach(this)
    if (sink.closed) return this.#finish(false)
    this.#unsubscribe = log.subscribe(this)
    this.onAppend()
  }

  onAppend(): void {
    try {
      this.#look()
    } catch (error) {
      // We are inside the stream's `append`: thrown on, it would keep the stream from its end.
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    process.emitWarning(`a connection failed: ${error}`, { code: 'SYNAPSE_CONNECTION' })
    this.#status = 0
    this.#finish(false)
    this.#input.sink.destroy()
  }

  #look(): void {
    const { log, stream, request } = this.#input
    const capacity = stream?.log.maxBytes
    const isFull = capacity !== undefined && log.bytes >= capacity
    const tooLarge = log.firstSeq > 1 || (!log.ended && isFull)
    if (tooLarge) this.#answer(refusal(request, new TooLargeError(capacity))!)
    else if (log.ended) this.#answerEnded(this.#document())
  }

  #answerEnded(answer: MaybePromise<PlainAnswer>): void {
    if (!isPromiseLike(answer)) return this.#answer(answer)
    this.#unsubscribe()
    answer
      .catch((error) => refusal(this.#input.request, error) ?? Promise.reject(error))
      .then((settled) => this.#answer(settled))
      .catch((error) => this.#fail(error))
  }

  #document(): MaybePromise<PlainAnswer> {
    const { log, stream, request, settings, format } = this.#input
    const failedEarly = log.lastSeq === 1 && log.at(1)?.event === 'error'
    if (failedEarly && stream?.summary !== undefined) {
      return earlyFailure(request, stream.summary, settings)
    }
    const answer = ({ status, json }: { status: number; json: string }) =>
      documentAnswer(request, json, status, format === 'toon', [['Cache-Control', 'no-store']])
    const whole = wholeAnswer(log)
    return isPromiseLike(whole) ? whole.then(answer) : answer(whole)
  }

  #answer(answer: PlainAnswer): void {
    if (this.#status !== 0 || this.#over) return
    this.#status = answer.status
    this.#unsubscribe()
    this.#input.sink.answer(answer)
  }

  #finish(served: boolean): void {
    if (this.#over) return
    this.#over = true
    this.#unsubscribe()
    const { stream, log, settings, now, startedAt } = this.#input
    // Answered while the stream goes on: it was too large.
    const leave = served ? (log.ended ? undefined : 'overflow') : 'client-left'
    stream?.detach(this, leave)
    const summary: ConnectionSummary = {
      status: this.#status,
      streamId: log.streamId,
      reason: leave ?? endReasonOf(log.at(log.lastSeq)!),
      lost: leave,
      chunks: 0,
      bytes: 0,
      ttfbMs: undefined,
      durationMs: now() - startedAt,
      blockedMs: 0,
      resumedAfter: undefined,
    }
    notify(settings.observer, 'disconnected', summary)
    this.#resolveDone(summary)
  }
}
