import { parseEventId } from 'synapse-toon/client'

/** Position in the id of an end that has none. */
const NOWHERE = 2 ** 48 - 1

/** An event, as a client parsed it. */
interface Event {
  readonly event: string
  readonly data: string
  readonly lastEventId: string
}

/** How a client learned of the end. */
export interface Ending {
  /** `complete`, or the code of an error frame. */
  readonly reason: string
  /** Payloads of the whole stream, where it ended well. */
  readonly chunks: number | undefined
}

/**
 * What one client has received of one stream, held against what a stream must be: every record from
 * the client's starting point on, in order, none missing, none twice, ended by one terminal frame.
 */
export class Received {
  /** Position of the last record. */
  position: number
  /** Records that the server said are gone. */
  gaps = 0
  ending: Ending | undefined
  /** The first rule that was broken. */
  broken: string | undefined
  readonly #streamId: string
  readonly #after: number

  constructor(streamId: string, after: number) {
    this.#streamId = streamId
    this.#after = after
    this.position = after
  }

  take({ event, data, lastEventId }: Event): void {
    const { streamId, seq } = parseEventId(lastEventId)
    if (streamId !== this.#streamId) return this.#break(`an event of stream ${streamId}`)
    if (this.ending !== undefined) return this.#break(`${event} ${seq} after the end`)
    const value = JSON.parse(data) as Record<string, unknown>
    if (event === 'update') return this.#takeRecord(seq, value.n)
    if (event === 'gap') return this.#takeGap(seq, value)
    if (event === 'done') return this.#end(seq, String(value.reason), Number(value.chunks))
    if (event === 'error') return this.#end(seq, String(value.code), undefined)
    this.#break(`an event of type ${event}`)
  }

  /** The server has nothing more, and says how the stream ended. */
  nothingMore(reason: string | undefined): void {
    if (reason === undefined) this.#break('204 that does not say how the stream ended')
    else this.ending = { reason, chunks: undefined }
  }

  #takeRecord(seq: number, n: unknown): void {
    if (seq !== this.position + 1) this.#break(`record ${seq} after ${this.position}`)
    if (n !== seq) this.#break(`payload ${n} in record ${seq}`)
    this.position = seq
  }

  #takeGap(seq: number, { from, to }: Record<string, unknown>): void {
    if (from !== this.position + 1 || to !== seq) {
      this.#break(`gap ${from} to ${to} in event ${seq} after ${this.position}`)
    }
    this.gaps++
    this.position = seq
  }

  #end(seq: number, reason: string, chunks: number | undefined): void {
    this.ending = { reason, chunks }
    // A log whose producer was killed cannot place its end: its clients may know more than it does.
    const isPlaced = reason !== 'producer-lost'
    if (isPlaced ? seq !== this.position + 1 : seq !== NOWHERE) {
      this.#break(`${reason} at ${seq} after ${this.position}`)
    }
    if (chunks !== undefined && chunks !== this.position) {
      this.#break(`${chunks} chunks said, ${this.position} seen after ${this.#after}`)
    }
  }

  #break(rule: string): void {
    this.broken ??= rule
  }
}
