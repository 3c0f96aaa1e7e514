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
   * An exception thrown by a callback passes through. The lines that follow it are not lost: the
   * next call, which may be of no bytes at all, goes on with them.
   */
  feed(bytes: Uint8Array): void
  /**
   * The stream is over: reads what an exception left unread, drops an unfinished block
   * [spec §9.2.6], and is then as new.
   */
  end(): void
  /**
   * What is held of an event that is not complete: bytes of an unfinished line, characters of whole
   * data lines, with field name and line end. Nothing bounds it but the caller, who may stop feeding.
   */
  readonly held: number
  /** What a reconnect sends as `Last-Event-ID`; `''` when nothing is to be sent. */
  readonly lastEventId: string
}

const LF = 10
const CR = 13
const SPACE = 32
const COLON = 58
const BOM = '\ufeff'
const DIGITS = /^[0-9]+$/
const CR_OR_CRLF = /\r\n?/g

/**
 * An incremental parser for `text/event-stream`, by the letter of the WHATWG HTML standard, §9.2.5
 * (parsing) and §9.2.6 (interpretation). Bytes in, events out; linear in time for any chunking.
 *
 * Why bytes and not text: lines end at bytes that UTF-8 never uses inside a character, so whole
 * lines are decoded in one call, a character cut between two reads needs no decoder state, and
 * what waits for the rest of its line is copied a bounded number of times (see `ByteQueue`).
 *
 * @param lastEventId that the stream has from before; events inherit it. Default none.
 */
export function createEventStreamParser(
  callbacks: EventStreamParserCallbacks,
  lastEventId = '',
): EventStreamParser {
  return createParser(callbacks, new ByteQueue(), lastEventId)
}

/** The parser itself; the queue is handed in so that a test can count the bytes it moves. */
export function createParser(
  callbacks: EventStreamParserCallbacks,
  unfinished: ByteQueue,
  lastEventId = '',
): EventStreamParser {
  // `ignoreBOM: true` means "leave it in": the one BOM that the standard strips is stripped by us,
  // at the start of the stream. Left to the decoder, each decoded piece would lose one.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** No line of the stream was read. */
  let isStart = true
  /** All characters so far were of one byte: those that come may well be too. */
  let isAscii = true
  /** The last line ended with CR at the end of a read: an LF that follows belongs to it. */
  let skipLf = false

  // The buffers of §9.2.6. `data` is undefined until the block has a data line, because one empty
  // data line dispatches an event with empty data, and none dispatches nothing.
  let eventName = ''
  let data: string | undefined
  /** Characters of all data lines of the block: the shortest ones cost more memory than they say. */
  let dataLength = 0
  let idBuffer = lastEventId
  /** Whether this block had a valid `id` field. */
  let idSet = false

  /** Whole lines that are not read yet, because a callback threw in the middle of a read. */
  let unread = ''

  /** @returns the text of all lines that are complete with these bytes, each with an LF at its end */
  function completeLines(bytes: Uint8Array): string {
    const chunk = skipLf && bytes[0] === LF ? bytes.subarray(1) : bytes
    if (bytes.length > 0) skipLf = bytes[bytes.length - 1] === CR

    // Backwards: a read usually ends with a line end, and one that has none is looked at only once.
    // By hand, since engines call the function of `findLastIndex` for each byte.
    let complete = chunk.length
    while (complete > 0 && chunk[complete - 1] !== LF && chunk[complete - 1] !== CR) complete--
    if (complete === 0) {
      unfinished.push(chunk)
      return ''
    }

    const head = chunk.subarray(0, complete)
    let lines = head
    if (unfinished.length > 0) {
      unfinished.push(head)
      lines = unfinished.take()
    }
    // Decode before the tail is queued: `lines` may be a view of the same memory.
    // Lines are whole, so a decoder that waits for more says the same. Node 20 has two: this one reads
    // text in half the time, the other one reads ASCII in a fifth.
    let text = decoder.decode(lines, { stream: !isAscii })
    isAscii &&= text.length === lines.length
    // [spec §9.2.5] one leading U+FEFF is ignored. Lines are whole, so it is never cut.
    if (isStart && text[0] === BOM) text = text.slice(1)
    isStart = false
    if (complete < chunk.length) unfinished.push(chunk.subarray(complete))
    // [spec §9.2.5] CRLF is one line end, CR alone is one too. Rewriting them is safe here, where
    // lines are whole and an LF after a CR of the last read is gone; and it leaves one search per
    // line. A second one, for the next CR, would be quadratic: looked for anew, where the other
    // line end is far away; looked for before the loop, because V8 moves it into the loop.
    return text.includes('\r') ? text.replace(CR_OR_CRLF, '\n') : text
  }

  /** @param lines whole ones, each with an LF at its end */
  function readLines(lines: string): void {
    let start = 0
    try {
      while (start < lines.length) {
        const from = start
        // An empty line needs no search, and every event has one.
        const isEmpty = lines.charCodeAt(from) === LF
        const end = isEmpty ? from : lines.indexOf('\n', from)
        // Before the callbacks: a line is read once, whatever they do.
        start = end + 1
        if (isEmpty) dispatch()
        else readLine(lines, from, end)
      }
    } finally {
      unread = lines.slice(start)
    }
  }

  /** [spec §9.2.6] splits a line at its first colon and drops one space after it. */
  function readLine(text: string, start: number, end: number): void {
    // Not `indexOf`, which would search what is behind the line too, where it has no colon.
    let colon = start
    while (colon < end && text.charCodeAt(colon) !== COLON) colon++
    // Empty without a colon: it then begins behind its end.
    const value = text.slice(text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1, end)
    switch (text.slice(start, colon)) {
      case 'data':
        dataLength += end - start + 1
        // Engines join such strings when they are read, once.
        data = data === undefined ? value : `${data}\n${value}`
        return
      case 'event':
        eventName = value
        return
      case 'id':
        // [spec §9.2.6] an id with NUL is ignored; an empty one is valid and resets.
        if (value.includes('\0')) return
        idBuffer = value
        idSet = true
        return
      case 'retry':
        // [spec §9.2.6] ASCII digits only; an empty value has none.
        if (DIGITS.test(value)) callbacks.onRetry?.(Number.parseInt(value, 10))
        return
      case '':
        callbacks.onComment?.(value)
    }
    // [spec §9.2.6] any other field is ignored.
  }

  function dispatch(): void {
    // [spec §9.2.6] step 1: the id counts even when the block has no data.
    lastEventId = idBuffer
    if (data === undefined) {
      clearBlock()
      return
    }
    const event: { -readonly [Name in keyof ParsedEvent]: ParsedEvent[Name] } = {
      event: eventName || 'message',
      data,
      lastEventId,
    }
    if (idSet) event.id = lastEventId
    // Cleared first, so that a callback that throws leaves a parser that can go on.
    clearBlock()
    callbacks.onEvent(event)
  }

  function clearBlock(): void {
    eventName = ''
    data = undefined
    dataLength = 0
    idSet = false
  }

  return {
    get lastEventId() {
      return lastEventId
    },
    get held() {
      return unfinished.length + dataLength
    },
    feed(bytes) {
      // Gathered before the callbacks run: one that throws must not cost these bytes.
      const lines = completeLines(bytes)
      readLines(unread === '' ? lines : unread + lines)
    },
    end() {
      readLines(unread)
      unfinished.take()
      isStart = true
      skipLf = false
      clearBlock()
      // The id of an unfinished block was never the stream's.
      idBuffer = lastEventId
    },
  }
}
