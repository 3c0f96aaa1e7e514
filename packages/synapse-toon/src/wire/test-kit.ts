import fc from 'fast-check'
import { createEventStreamParser, type EventStreamParser, type ParsedEvent } from './parser.ts'

/** All that came out of a parser, in three lists. */
export interface Heard {
  readonly events: ParsedEvent[]
  readonly retries: number[]
  readonly comments: string[]
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** A parser that writes down what it says. */
export function listeningParser(): { parser: EventStreamParser; heard: Heard } {
  const heard: Heard = { events: [], retries: [], comments: [] }
  const parser = createEventStreamParser({
    onEvent: (event) => heard.events.push(event),
    onRetry: (milliseconds) => heard.retries.push(milliseconds),
    onComment: (text) => heard.comments.push(text),
  })
  return { parser, heard }
}

/** Parses a whole stream, read in these pieces. */
export function parsePieces(pieces: Iterable<Uint8Array>): Heard & { lastEventId: string } {
  const { parser, heard } = listeningParser()
  for (const piece of pieces) parser.feed(piece)
  parser.end()
  return { ...heard, lastEventId: parser.lastEventId }
}

export function* piecesOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Cuts bytes at places drawn by `cutsArbitrary`; equal places give empty reads. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b)
  return [...places, bytes.length].map((to, index) => bytes.subarray(places[index - 1] ?? 0, to))
}

/** Where to cut a stream of any length; see `cutAt`. */
export const cutsArbitrary = fc.array(fc.nat(), { maxLength: 24 })
