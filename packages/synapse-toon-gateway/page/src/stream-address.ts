/** The place of an event: which stream, and where in it (1 for the first). */
export type EventPlace = { streamId: string; position: number }

/**
 * Longest request target we send, in characters. nginx takes a request line of 8 KiB by default,
 * Node 16 KiB for all headers together; below this a question passes both with room for the rest.
 */
const MAX_ADDRESS_LENGTH = 7_500

// Event ids are version 8 UUIDs: 23 characters of stream id, then `seq` as 12 hex digits.
const EVENT_ID = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})-([0-9a-f]{12})$/i

/** @returns the place an event id names, or undefined when the id is not one of ours */
export function parseEventId(id: string): EventPlace | undefined {
  const [, streamId, position] = EVENT_ID.exec(id) ?? []
  if (streamId === undefined || position === undefined) return undefined
  return { streamId, position: Number.parseInt(position, 16) }
}

/** Relative, so that the page may be served below any path. */
export function chatAddress(message: string): string {
  // Half of a pasted emoji has no UTF-8, and encodeURIComponent throws on it.
  const wellFormed = message.replace(/\p{Surrogate}/gu, '\uFFFD')
  return `chat/stream?message=${encodeURIComponent(wellFormed)}`
}

/** An EventSource can only GET, so a question has to fit in the request line. */
export function fitsInAddress(message: string): boolean {
  return chatAddress(message).length <= MAX_ADDRESS_LENGTH
}

/** The stream itself; DELETE on it is Stop. */
export function streamAddress(streamId: string): string {
  return `streams/${encodeURIComponent(streamId)}`
}
