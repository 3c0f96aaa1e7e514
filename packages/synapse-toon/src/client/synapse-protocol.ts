import { ProtocolError, StreamFailedError } from './errors.ts'
import { fieldsOf, type Protocol } from './protocol.ts'

/** As `parseEventId` reads it, without the words that a server needs for a wrong one. */
const EVENT_ID = /^(\w{8}-\w{4}-8\w{3}-\w{4})-([\da-f]{12})$/i

/**
 * Our own protocol: event ids carry stream and position, so that duplicates are dropped, holes are
 * seen, and a cut stream is taken up where it was; every stream ends with a terminal frame.
 *
 * @param lastEventId that the reader has from before. Default none.
 */
export function createSynapseProtocol(lastEventId = ''): Protocol {
  let streamId: string | undefined
  /** Of the last event; 0 for none. */
  let position = seqOf(lastEventId) ?? 0
  /** No event of this response was read. */
  let isFirst = true

  /** @returns undefined for one that is not ours */
  function seqOf(id: string): number | undefined {
    const [, stream, digits] = EVENT_ID.exec(id) ?? []
    if (digits === undefined) return undefined
    check(stream!.toLowerCase())
    return Number.parseInt(digits, 16)
  }

  function check(id: string): void {
    streamId ??= id
    if (streamId !== id) throw new ProtocolError(`stream ${id} came in place of ${streamId}`)
  }

  return {
    kind: 'ours',
    // Three heartbeats of our server's default, and its own limit of a whole stream.
    idleMs: [45_000, 300_000],
    begin(id) {
      isFirst = true
      if (id) check(id)
    },
    read({ event, data, id }, decode) {
      // An event without an id has no position of its own.
      const seq = id === undefined ? position + 1 : seqOf(id)
      if (seq === undefined) throw new ProtocolError(`${id} is no event id of Synapse TOON`)
      // An end is taken at whatever position: a log that lost its last records in a crash ends
      // before the last event that was delivered.
      const isEnd = event === 'done' || event === 'error'
      if (!isEnd && seq <= position) return undefined
      const payload = decode(data)
      const {
        code,
        message,
        retryable,
        from,
        to,
        usage,
        reason,
        delta = payload,
      } = fieldsOf(payload)
      if (event === 'error') {
        throw new StreamFailedError(String(message), {
          reason: String(code),
          retryable: retryable === true,
          data: payload,
        })
      }
      const before = position
      position = seq
      if (event === 'gap') return { gap: { from: Number(from), to: Number(to), lost: true } }
      // A server merges what waited for a slow client: nothing has waited when a response begins,
      // and ends are never merged.
      const lost = isFirst || isEnd
      isFirst = false
      const gap = seq > before + 1 ? { from: before + 1, to: seq - 1, lost } : undefined
      if (isEnd) return { gap, usage, end: reason === 'cancelled' ? reason : 'complete' }
      return { gap, payload, text: delta }
    },
  }
}
