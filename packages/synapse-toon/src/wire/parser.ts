import { ByteQueue } from './byte-queue.ts'

/** One dispatched event. */
export interface ParsedEvent {
  /** `message` unless the block had an `event` field that was not empty. */
  readonly event: string
  /** The data lines, joined with LF. */
  readonly data: string
  /** The last event id of the stream when this event was dispatched; `''` when there is none. */
  readonly lastEventId: string
  /** Only there when this very block set an id (which may be `''`). */
  readonly id?: string
}

export interface EventStreamParserCallbacks {
  onEvent(event: ParsedEvent): void
  /** A valid `retry` field, in ms. */
  onRetry?(milliseconds: number): void
  /** A comment, without its colon and one leading space. */
  onComment?(text: string): void
}

export interface EventStreamParser {
  /**
   * Takes the next bytes, cut anywhere. The bytes are not kept: the caller may reuse the array.
   * An exception thrown by a callback passes through, and the lines of `bytes` that follow are then
   * not read; a line that goes on in the next bytes is kept whole.
   */
  feed(bytes: Uint8Array): void
  /** The stream is over. An unfinished block is dropped [spec §9.2.6], and the parser is as new. */
  end(): void
  /** What a reconnect sends as `Last-Event-ID`; `''` when nothing is to be sent. */
  readonly lastEventId: string
}

const LF = 10
const CR = 13
const BOM = [0xef, 0xbb, 0xbf] as const
const DIGITS = /^[0-9]+$/
const CR_OR_CRLF = /\r\n?/g

/**
 * An incremental parser for `text/event-stream`, by the letter of the WHATWG HTML standard, §9.2.5
 * (parsing) and §9.2.6 (interpretation). Bytes in, events out; linear in time for any chunking.
 *
 * Why bytes and not text: lines end at bytes that UTF-8 never uses inside a character, so whole
 * lines are decoded in one call, a character cut between two reads needs no decoder state, and
 * what waits for the rest of its line is copied a bounded number of times (see `ByteQueue`).
 */
export function createEventStreamParser(callbacks: EventStreamParserCallbacks): EventStreamParser {
  return new Parser(callbacks, new ByteQueue())
}

/** The parser itself; the queue is handed in so that a test can count the bytes it moves. */
export class Parser implements EventStreamParser {
  readonly #callbacks: EventStreamParserCallbacks
  readonly #unfinished: ByteQueue
  // `ignoreBOM: true` means "leave it in": the one BOM that the standard strips is stripped by us,
  // at the start of the stream. Left to the decoder, each decoded piece would lose one.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** How many bytes of a possible BOM at the start were seen; -1 when the start is behind us. */
  #bomBytes = 0
  /** The last line ended with CR at the end of a read: an LF that follows belongs to it. */
  #skipLf = false

  // The buffers of §9.2.6. `#data` is undefined until the block has a data line, because one empty
  // data line dispatches an event with empty data, and none dispatches nothing.
  #event = ''
  #data: string | undefined
  /** Data lines after the first, joined once at dispatch. */
  #moreData: string[] = []
  #idBuffer = ''
  /** Whether this block had a valid `id` field. */
  #idSet = false
  #lastEventId = ''

  constructor(callbacks: EventStreamParserCallbacks, unfinished: ByteQueue) {
    this.#callbacks = callbacks
    this.#unfinished = unfinished
  }

  get lastEventId(): string {
    return this.#lastEventId
  }

  feed(bytes: Uint8Array): void {
    let chunk = this.#bomBytes === -1 ? bytes : this.#stripBom(bytes)
    if (chunk.length === 0) return
    if (this.#skipLf) {
      this.#skipLf = false
      if (chunk[0] === LF) chunk = chunk.subarray(1)
    }

    const complete = lengthOfCompleteLines(chunk)
    if (complete === 0) {
      this.#unfinished.push(chunk)
      return
    }
    this.#skipLf = chunk[complete - 1] === CR && complete === chunk.length

    const head = chunk.subarray(0, complete)
    let lines = head
    if (this.#unfinished.length > 0) {
      this.#unfinished.push(head)
      lines = this.#unfinished.take()
    }
    // Decode before the tail is queued: `lines` may be a view of the same memory.
    const text = this.#decoder.decode(lines)
    if (complete < chunk.length) this.#unfinished.push(chunk.subarray(complete))
    this.#readLines(text)
  }

  end(): void {
    this.#unfinished.take()
    this.#bomBytes = 0
    this.#skipLf = false
    this.#clearBlock()
    // The id of an unfinished block was never the stream's.
    this.#idBuffer = this.#lastEventId
  }

  /** [spec §9.2.5] one leading U+FEFF is ignored, even when it comes in three reads. */
  #stripBom(bytes: Uint8Array): Uint8Array {
    let at = 0
    while (at < bytes.length) {
      if (bytes[at] !== BOM[this.#bomBytes]) {
        // Not a BOM after all: the bytes held back are content.
        if (this.#bomBytes > 0) this.#unfinished.push(new Uint8Array(BOM.slice(0, this.#bomBytes)))
        this.#bomBytes = -1
        return bytes.subarray(at)
      }
      at++
      if (++this.#bomBytes === BOM.length) {
        this.#bomBytes = -1
        return bytes.subarray(at)
      }
    }
    return bytes.subarray(at)
  }

  /** @param text whole lines, each with its end */
  #readLines(text: string): void {
    // [spec §9.2.5] CRLF is one line end, CR alone is one too. Rewriting them is safe here, where
    // lines are whole and an LF after a CR of the last read is gone; and it leaves one search per
    // line. A second one, for the next CR, would be quadratic: looked for anew, where the other
    // line end is far away; looked for before the loop, because V8 moves it into the loop.
    const lines = text.includes('\r') ? text.replace(CR_OR_CRLF, '\n') : text
    let start = 0
    while (start < lines.length) {
      const end = lines.indexOf('\n', start)
      if (end === start) this.#dispatch()
      else this.#readLine(lines, start, end)
      start = end + 1
    }
  }

  /** [spec §9.2.6] splits a line at its first colon and drops one space after it. */
  #readLine(text: string, start: number, end: number): void {
    // Data lines are nearly all lines: they are recognised without making a string of the name.
    if (text.startsWith('data:', start)) {
      const from = text[start + 5] === ' ' ? start + 6 : start + 5
      this.#addData(text.slice(from, end))
      return
    }
    const line = text.slice(start, end)
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (colon === 0) this.#callbacks.onComment?.(value)
    else this.#setField(name, value)
  }

  #setField(name: string, value: string): void {
    switch (name) {
      case 'event':
        this.#event = value
        return
      case 'data':
        this.#addData(value)
        return
      case 'id':
        // [spec §9.2.6] an id with NUL is ignored; an empty one is valid and resets.
        if (value.includes('\0')) return
        this.#idBuffer = value
        this.#idSet = true
        return
      case 'retry':
        // [spec §9.2.6] ASCII digits only; an empty value has none.
        if (DIGITS.test(value)) this.#callbacks.onRetry?.(Number.parseInt(value, 10))
        return
    }
    // [spec §9.2.6] any other field is ignored.
  }

  #addData(value: string): void {
    if (this.#data === undefined) this.#data = value
    else this.#moreData.push(value)
  }

  #dispatch(): void {
    // [spec §9.2.6] step 1: the id counts even when the block has no data.
    this.#lastEventId = this.#idBuffer
    if (this.#data === undefined) {
      this.#clearBlock()
      return
    }
    const data =
      this.#moreData.length === 0 ? this.#data : `${this.#data}\n${this.#moreData.join('\n')}`
    const event = this.#event === '' ? 'message' : this.#event
    const lastEventId = this.#lastEventId
    const parsed: ParsedEvent = this.#idSet
      ? { event, data, lastEventId, id: lastEventId }
      : { event, data, lastEventId }
    // Cleared first, so that a callback that throws leaves a parser that can go on.
    this.#clearBlock()
    this.#callbacks.onEvent(parsed)
  }

  #clearBlock(): void {
    this.#event = ''
    this.#data = undefined
    if (this.#moreData.length > 0) this.#moreData = []
    this.#idSet = false
  }
}

/** Bytes up to and including the last line end, 0 when there is none. */
function lengthOfCompleteLines(chunk: Uint8Array): number {
  // Backwards: a read usually ends with a line end, and one that has none is looked at only once.
  let length = chunk.length
  while (length > 0) {
    const byte = chunk[length - 1]
    if (byte === LF || byte === CR) return length
    length--
  }
  return 0
}
