/**
 * What stands before the payload in an `update` frame in JSON, in two parts, for the hot path: the
 * first is the same for 256 records of a stream, the rest for all streams. `frameRecord` says what it
 * is, and a test holds the two equal.
 */

/** The last two digits of an id, and all that follows it. */
const RESTS = Array.from({ length: 256 }, (_, low) => {
  const digits = low.toString(16).padStart(2, '0')
  return `${digits}\nevent: update\ndata: `
})

/** Digits of an id's position before the last two. */
const HIGH_DIGITS = 10

/**
 * @param seq whole number from 1 to 2^48 - 1, as in `formatEventId`
 * @returns for which position its first part is made
 */
export function headPosition(seq: number): number {
  // Of a number above 2^32, `&` sees the last 32 bits.
  return seq - (seq & 0xff)
}

/** @param at of `headPosition` */
export function updateHead(streamId: string, at: number): string {
  const high = (at / 256).toString(16).padStart(HIGH_DIGITS, '0')
  // Joined, it is one piece; added up, it would be put together anew for each frame.
  return ['id: ', streamId, '-', high].join('')
}

export function restOfHead(seq: number): string {
  return RESTS[seq & 0xff]!
}
