import { Buffer } from 'node:buffer'
import type { PlainAnswer, Sink, SinkEvents } from '../stream/sink.ts'

/** [Fetch §2.2.6] statuses of answers that must have no body, not even an empty one. */
const NULL_BODY_STATUSES: readonly number[] = [204, 205, 304]

/** Writes to the body of a `Response`, for runtimes and frameworks that speak Fetch. */
export class WebSink implements Sink {
  /** Settles when status and headers are known. */
  readonly response: Promise<Response>
  #respond!: (response: Response) => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #events: SinkEvents | undefined
  /** The body is read by no one any more, or ended. */
  #over = false
  readonly #highWaterMark: number
  readonly #signal: AbortSignal | undefined

  /**
   * @param highWaterMark bytes that the body may hold unread
   * @param signal fires when the client leaves (a `Request`'s own); before the response has a
   *   body it is the only one to tell
   */
  constructor(highWaterMark: number, signal: AbortSignal | undefined) {
    this.#highWaterMark = highWaterMark
    this.#signal = signal
    this.response = new Promise((resolve) => {
      this.#respond = resolve
    })
    signal?.addEventListener('abort', this.#onAbort)
    // A signal that has fired does not fire again.
    if (signal?.aborted === true) this.#onAbort()
  }

  get closed(): boolean {
    return this.#over
  }

  listen(events: SinkEvents): void {
    this.#events = events
  }

  commit(headers: readonly (readonly [string, string])[]): void {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        // Called whenever the reader has taken something and there is room.
        pull: () => this.#events?.onDrain(),
        cancel: () => this.#close(false),
      },
      // In bytes; the default counts chunks, of whatever size.
      { highWaterMark: this.#highWaterMark, size: (chunk) => chunk.byteLength },
    )
    // Workers compress by themselves where a header says so, unless they are told that it is done.
    const init = { status: 200, headers: toHeaders(headers), encodeBody: 'manual' }
    this.#respond(new Response(body, init))
  }

  answer({ status, headers, body }: PlainAnswer): void {
    const hasBody = !NULL_BODY_STATUSES.includes(status)
    this.#respond(new Response(hasBody ? body : null, { status, headers: toHeaders(headers) }))
    this.#close(true)
  }

  write(data: string | Uint8Array): boolean {
    if (this.#over || this.#controller === undefined) return true
    this.#controller.enqueue(typeof data === 'string' ? Buffer.from(data, 'utf8') : data)
    return (this.#controller.desiredSize ?? 0) > 0
  }

  unsentBytes(): number {
    return this.#highWaterMark - (this.#controller?.desiredSize ?? this.#highWaterMark)
  }

  progress(): number {
    return this.unsentBytes()
  }

  end(): void {
    if (this.#over) return
    this.#controller?.close()
    // What is left belongs to the runtime that reads the body; it tells us nothing more.
    this.#close(true)
  }

  destroy(): void {
    if (!this.#over) this.#cut(500, new Error('stream cut off'))
  }

  readonly #onAbort = (): void => {
    this.#cut(499, this.#signal?.reason)
  }

  /** Nobody may be left waiting: neither the caller for a response, nor the reader for its body. */
  #cut(status: number, reason: unknown): void {
    this.#respond(new Response(null, { status }))
    const controller = this.#controller
    // After all that the same event calls: a runtime whose client left cancels the body by itself,
    // and would take an error in it for news, to be logged.
    queueMicrotask(() => controller?.error(reason))
    this.#close(false)
  }

  #close(served: boolean): void {
    if (this.#over) return
    this.#over = true
    this.#signal?.removeEventListener('abort', this.#onAbort)
    const events = this.#events
    this.#events = undefined
    events?.onClose(served)
  }
}

function toHeaders(headers: readonly (readonly [string, string])[]): [string, string][] {
  return headers.map(([name, value]) => [name, value])
}
