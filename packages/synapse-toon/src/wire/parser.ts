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
   * Characters that are held of an event that is not complete: an unfinished line, and whole data
   * lines with field name and line end. Nothing bounds it but the caller, who may stop feeding.
   */
  readonly held: number
  /** What a reconnect sends as `Last-Event-ID`; `''` when nothing is to be sent. */
  readonly lastEventId: string
}

const SPACE = 32
const COLON = 58
const LF = 10
/** Above the bytes that are a character of their own: UTF-8 may have been cut behind such a one. */
const LAST_ASCII = 127
/** Pieces of a line that wait beside each other, before they are put together. */
const MOST_PIECES = 1024
const BOM = '\ufeff'
const DIGITS = /^[0-9]+$/
const CR_OR_CRLF = /\r\n?/g

/**
 * An incremental parser for `text/event-stream`, by the letter of the WHATWG HTML standard, §9.2.5
 * (parsing) and §9.2.6 (interpretation). Bytes in, events out; linear in time for any chunking: a
 * line is copied once, when its end has come.
 *
 * @param lastEventId that the stream has from before; events inherit it. Default none.
 */
export function createEventStreamParser(
  callbacks: EventStreamParserCallbacks,
  lastEventId = '',
): EventStreamParser {
  // `ignoreBOM: true` means "leave it in": the one BOM that the standard strips is stripped by us,
  // at the start of the stream. Left to the decoder, each decoded piece would lose one.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** No character of the stream was read. */
  let isStart = true
  /** All characters so far were of one byte: those that come may well be too. */
  let isAscii = true
  /** The last line ended with CR at the end of a read: an LF that follows belongs to it. */
  let skipLf = false

  // The buffers of §9.2.6. `data` is undefined until the block has a data line, because one empty
  // data line dispatches an event with empty data, and none dispatches nothing.
  let eventName = ''
  let blockData: string | undefined
  /** Characters of all data lines of the block: the shortest ones cost more memory than they say. */
  let dataLength = 0
  /** Only where this block had a valid `id` field. */
  let blockId: string | undefined

  /** What waits for the rest of its line, in the pieces that came: joined when it is read. */
  const unread: string[] = []
  /** Those before them, many to one: a piece of one character takes eight. */
  const packed: string[] = []
  let unreadLength = 0
  /** A callback threw in the middle of a read: whole lines wait too. */
  let isInterrupted = false
  /** Calls of `end`: one in the middle of a read drops what is behind it. */
  let ends = 0

  /** @returns the text of these bytes, each line end an LF */
  function textOf(bytes: Uint8Array): string {
    // A decoder that need not wait for the rest of a character says the same either way. Node 20 has
    // two: the one that waits reads text in half the time, the other one reads ASCII in a fifth.
    const isWhole = bytes[bytes.length - 1]! <= LAST_ASCII
    let text = decoder.decode(bytes, { stream: !(isAscii && isWhole) })
    isAscii &&= text.length === bytes.length
    if (text === '') return text
    // [spec §9.2.5] one leading U+FEFF is ignored.
    if ((isStart && text[0] === BOM) || (skipLf && text[0] === '\n')) text = text.slice(1)
    isStart = false
    // [spec §9.2.5] CRLF is one line end, CR alone is one too; each becomes an LF, which leaves one
    // search per line. A second one, for the next CR, would be quadratic: looked for anew, where the
    // other line end is far away; looked for before the loop, because V8 moves it into the loop.
    skipLf = text.endsWith('\r')
    return text.includes('\r') ? text.replace(CR_OR_CRLF, '\n') : text
  }

  function keep(text: string): void {
    if (text === '') return
    unread.push(text)
    unreadLength += text.length
    if (unread.length > MOST_PIECES) packed.push(unread.splice(0).join(''))
  }

  /** Whole literals: a field that is added to one costs V8 a second object. */
  function eventOf(event: string, data: string, id: string | undefined): ParsedEvent {
    return id === undefined ? { event, data, lastEventId } : { event, data, lastEventId, id }
  }

  /** @returns what waits for the rest of its line, with what came; nothing waits then */
  function joined(text: string): string {
    // Most reads of tokens are whole events, with nothing before them.
    if (unreadLength === 0) return text
    unread.push(text)
    const all = packed.concat(unread).join('')
    packed.length = unread.length = unreadLength = 0
    return all
  }

  /** Reads the lines that are whole, and keeps the rest. */
  function readLines(lines: string): void {
    const before = ends
    let start = 0
    // Locals: what functions share costs engines more, and this is done for every line.
    let event = eventName
    let data = blockData
    let id = blockId
    isInterrupted = true
    try {
      for (let end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n', start)) {
        const from = start
        // Before the callbacks: a line is read once, whatever they do.
        start = end + 1
        if (from < end) {
          const name = fieldAt(lines, from)
          const colon = from + name.length
          // [spec §9.2.6] any other field is ignored.
          if (colon < end && lines.charCodeAt(colon) !== COLON) continue
          // [spec §9.2.6] one space after the colon is dropped. Without a colon there is no value: it
          // then begins behind its end.
          const value = lines.slice(
            lines.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1,
            end,
          )
          if (name !== 'data') {
            if (name === 'event') event = value
            // [spec §9.2.6] an id with NUL is ignored; an empty one is valid and resets.
            else if (name === 'id') id = value.indexOf('\0') < 0 ? value : id
            else if (name === '') callbacks.onComment?.(value)
            // [spec §9.2.6] ASCII digits only; an empty value has none.
            else if (DIGITS.test(value)) callbacks.onRetry?.(Number.parseInt(value, 10))
            continue
          }
          dataLength += start - from
          // Engines join such strings when they are read, once.
          data = data === undefined ? value : `${data}\n${value}`
          // Nearly always the end of the block follows at once, and needs no search.
          if (lines.charCodeAt(start) !== LF) continue
          start++
        }
        // [spec §9.2.6] step 1: the id counts even when the block has no data.
        if (id !== undefined) lastEventId = id
        const parsed = data === undefined ? undefined : eventOf(event || 'message', data, id)
        // Cleared first, so that a callback that throws leaves a parser that can go on.
        event = ''
        data = id = undefined
        dataLength = 0
        if (parsed) callbacks.onEvent(parsed)
        if (before !== ends) return
      }
      isInterrupted = false
    } finally {
      if (before === ends) {
        eventName = event
        blockData = data
        blockId = id
        keep(lines.slice(start))
      }
    }
  }

  return {
    get lastEventId() {
      return lastEventId
    },
    get held() {
      return unreadLength + dataLength
    },
    feed(bytes) {
      const text = textOf(bytes)
      // Only new text is searched for a line end, so that a line costs the same however it is cut.
      if (isInterrupted || text.includes('\n')) readLines(joined(text))
      else keep(text)
    },
    end() {
      if (isInterrupted) readLines(joined(''))
      ends++
      isInterrupted = false
      decoder.decode()
      isStart = true
      skipLf = false
      packed.length = unread.length = unreadLength = dataLength = 0
      eventName = ''
      // The id of an unfinished block was never the stream's.
      blockData = blockId = undefined
    },
  }
}

/** @returns the name of the field that begins there; `''` for a comment, and where there is none */
function fieldAt(text: string, at: number): string {
  const code = text.charCodeAt(at)
  // Nearly all lines are of these two, and this tells them in a third of the time.
  if (
    code === 100 &&
    text.charCodeAt(at + 1) === 97 &&
    text.charCodeAt(at + 2) === 116 &&
    text.charCodeAt(at + 3) === 97
  ) {
    return 'data'
  }
  if (
    code === 101 &&
    text.charCodeAt(at + 1) === 118 &&
    text.charCodeAt(at + 2) === 101 &&
    text.charCodeAt(at + 3) === 110 &&
    text.charCodeAt(at + 4) === 116
  ) {
    return 'event'
  }
  const name = code === 105 ? 'id' : code === 114 ? 'retry' : ''
  return text.startsWith(name, at) ? name : ''
}
