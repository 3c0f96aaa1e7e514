import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { ChunkTaker, PlainAnswer, Sink, SinkEvents } from '../stream/sink.ts'
import { bodyWay, type Framing } from './body-way.ts'
import { type DirectWrite, directWriteOf } from './direct-write.ts'
import { LIST_HEADERS } from './list-headers.ts'
import { frameBody, writeBody } from './socket-body.ts'

export type NodeResponse = ServerResponse | Http2ServerResponse

/** [RFC 9113 §7] CANCEL: the stream is no longer needed. A number, so that runtimes without `node:http2` can load us. */
const HTTP2_CANCEL = 0x8

/** Responses whose last byte was handed to the network. One listener for all of them. */
const finished = new WeakSet<object>()
function markFinished(this: object): void {
  finished.add(this)
}

/**
 * Writes to a response of `node:http` or of `node:http2`'s compatibility API; below it, straight to
 * the socket, where `bodyWay` allows it.
 */
export class NodeSink implements Sink, ChunkTaker {
  // What is asked for with every write stands together: see `Stream`.
  /**
   * Where the body goes below the response: its socket, of which it does not let go before its end.
   * Decided with the first write; undefined where the response's own `write` is used.
   */
  #socket: Socket | undefined
  #framing: Framing = 'chunked'
  /** Where the socket's buffer may be passed by. */
  #writeDirectly: DirectWrite | undefined
  /** Bytes that the network has not taken and the socket does not count. */
  #passedBy = 0
  /**
   * The response was ended, by us or by someone else: what follows on the line is the answer to
   * another request. Told by the response, which is too far from the processor to be asked.
   */
  #isEnded = false
  readonly #onTaken = (error?: Error | null): void => {
    this.#passedBy = 0
    if (!error) this.#events?.onDrain()
  }
  readonly #response: ServerResponse
  /** Where the response is one of HTTP/2. */
  readonly #http2: ServerHttp2Stream | undefined
  /** Middleware (compression) has put its own `write` before the response's. */
  readonly #isWrapped: boolean
  #areHeadersSent = false
  #isWayDecided = false
  #needsDrain = false
  #events: SinkEvents | undefined

  constructor(response: NodeResponse) {
    // The compatibility API has all methods that are used below, under other types.
    this.#response = response as ServerResponse
    this.#http2 = 'stream' in response ? response.stream : undefined
    this.#isWrapped = Object.hasOwn(response, 'write')
    // Not the request's `close`: it fires as soon as a body was read. And not `drain` alone: a
    // client that leaves while a write is blocked never drains.
    this.#response.on('close', this.#onClose)
    this.#response.on('finish', markFinished)
    this.#response.on('error', this.#onClose)
    // Else `#onTaken` tells.
    if (this.#isWrapped) this.#response.on('drain', () => this.#onDrain())
  }

  get closed(): boolean {
    if (this.#http2 !== undefined) return this.#http2.destroyed || this.#http2.closed
    return this.#response.destroyed || this.#response.socket?.destroyed === true
  }

  get chunks(): ChunkTaker | undefined {
    return this.#socket !== undefined && this.#framing === 'chunked' ? this : undefined
  }

  listen(events: SinkEvents): void {
    this.#events = events
  }

  commit(headers: readonly (readonly [string, string])[]): void {
    this.#writeHead(headers)
    if (this.#isWrapped) return this.#sendHeaders()
    // Left to the end of the turn, so that headers and first payload leave in one packet.
    process.nextTick(() => this.#sendHeaders())
  }

  answer({ status, headers, body }: PlainAnswer): void {
    if (this.closed) return
    this.#response.statusCode = status
    this.#setHeaders(headers)
    // An empty text is a write too, which a response of HTTP/2 without a body (204) fails on.
    if (body === '') this.#response.end()
    else this.#response.end(body)
  }

  write(data: string | Uint8Array, bytes: number): boolean {
    const socket = this.#socket
    if (socket !== undefined) {
      // An empty chunk would be the end of the body.
      if (bytes > 0) this.#writeBody(socket, frameBody(this.#framing, data, bytes))
      // Node's own limit says nothing of the network: it counts a large write that the kernel took
      // at once. What is unsent is counted instead, and `#onTaken` tells when it was taken.
      return true
    }
    if (this.closed || this.#response.writableEnded) return true
    if (!this.#isWayDecided) return this.#writeFirst(data, bytes)
    return this.#writePlainly(data, bytes)
  }

  writeChunk(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#writeBody(this.#socket!, chunk)
  }

  #writeBody(socket: Socket, data: string | Uint8Array): void {
    if (this.#isEnded) return
    const writeDirectly = this.#passedBy === 0 ? this.#writeDirectly : undefined
    this.#passedBy += writeBody(socket, data, writeDirectly, this.#onTaken)
  }

  /** Headers and first payload in one packet; only with the headers sent the way can be known. */
  #writeFirst(data: string | Uint8Array, bytes: number): boolean {
    this.#isWayDecided = true
    const response = this.#response
    const isPlain = this.#http2 !== undefined || this.#isWrapped
    const socket = isPlain ? null : response.socket
    if (socket !== null) {
      socket.cork()
      this.#sendHeaders()
    }
    const way = bodyWay(response)
    if (socket !== null && (way === 'chunked' || way === 'until-close')) {
      this.#socket = socket
      this.#framing = way
      // Where the end of the line is the end of the body, `finish` waits only for what the socket counts.
      this.#writeDirectly = way === 'chunked' ? directWriteOf(socket) : undefined
      // Comes before `end()` returns, unlike `finish`. Not asked of the response with each write.
      this.#isEnded = response.writableEnded
      response.on('prefinish', this.#onEnded)
    }
    const wantsMore = this.write(data, bytes)
    socket?.uncork()
    return wantsMore
  }

  #writePlainly(data: string | Uint8Array, bytes: number): boolean {
    // ASCII needs no encoder; of bytes, the encoding is ignored.
    const encoding = bytes === data.length ? 'latin1' : 'utf8'
    const wantsMore = this.#response.write(data, encoding, this.#onTaken)
    if (!this.#isWrapped) return true
    this.#needsDrain = !wantsMore
    ;(this.#response as { flush?: () => void }).flush?.()
    return wantsMore
  }

  unsentBytes(): number {
    // A wrapper holds bytes that the response knows nothing of; it says only whether it wants more.
    if (this.#isWrapped) return this.#needsDrain ? 1 : 0
    if (this.#socket !== undefined) return this.#socket.writableLength + this.#passedBy
    return (this.#http2 ?? this.#response).writableLength
  }

  progress(): number {
    if (this.#http2 !== undefined) return this.#http2.writableLength
    // While one large write is on its way, only the handle knows how much of it was taken: Node's
    // own socket time-outs look there too.
    const socket = this.#response.socket as { _handle?: { writeQueueSize?: number } } | null
    return socket?._handle?.writeQueueSize ?? this.#response.writableLength
  }

  end(): void {
    if (!this.#response.writableEnded) this.#response.end()
  }

  destroy(): void {
    if (this.#http2 !== undefined) this.#http2.close(HTTP2_CANCEL)
    else this.#response.destroy()
  }

  #onDrain(): void {
    this.#needsDrain = false
    this.#onTaken()
  }

  readonly #onEnded = (): void => {
    this.#isEnded = true
  }

  readonly #onClose = (): void => {
    this.#isEnded = true
    this.#response.off('prefinish', this.#onEnded)
    this.#response.off('close', this.#onClose)
    this.#response.off('finish', markFinished)
    // `error` stays heard: one may follow the close, and unheard it would end the process.
    const events = this.#events
    this.#events = undefined
    events?.onClose(finished.has(this.#response))
  }

  #sendHeaders(): void {
    if (this.#areHeadersSent || this.closed || this.#response.writableEnded) return
    this.#areHeadersSent = true
    this.#response.flushHeaders()
  }

  /** All at once, where that keeps no table of them for as long as the response lasts. */
  #writeHead(headers: readonly (readonly [string, string])[]): void {
    const response = this.#response
    response.statusCode = 200
    const isPlain = this.#http2 !== undefined || this.#isWrapped
    if (isPlain || Object.hasOwn(response, 'writeHead')) return this.#setHeaders(headers)
    const list: string[] = []
    for (const [name, value] of headers) list.push(name, this.#withBefore(name, value))
    response.writeHead(200, list)
  }

  #setHeaders(headers: readonly (readonly [string, string])[]): void {
    for (const [name, value] of headers) {
      this.#response.setHeader(name, this.#withBefore(name, value))
    }
  }

  #withBefore(name: string, value: string): string {
    if (!LIST_HEADERS.has(name.toLowerCase())) return value
    const before = this.#response.getHeader(name)
    return before === undefined ? value : `${before}, ${value}`
  }
}
