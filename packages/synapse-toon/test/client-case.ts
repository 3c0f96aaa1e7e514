/** One response of a scripted server, sent on a line of its own. */
export interface ScriptedAnswer {
  /** Default 200. `0`: the line is cut before a byte was sent. */
  readonly status?: number
  /** `$` stands for the address of the case. */
  readonly headers?: Readonly<Record<string, string>>
  /** Text, or bytes, each a write of its own. */
  readonly chunks?: readonly (string | readonly number[])[]
  /**
   * How it ends: in order; closed in the middle of the chunked body; reset; not at all, until the
   * client leaves. Default `end`.
   */
  readonly end?: 'end' | 'close' | 'reset' | 'hang'
}

/** What the client is to do, beside reading to the end. */
export interface Doing {
  /** Leaves the loop, or closes, once so many events came. */
  readonly leaveAfter?: number
  /** Calls `stop()` once so many events came. */
  readonly stopAfter?: number
  /** Headers are a function that gives `X-Call: 1`, `X-Call: 2`, … */
  readonly countsCalls?: boolean
}

/** A script, and what must come of it: the same in Node and in a browser. Plain data. */
export interface ClientCase {
  readonly behaviour: string
  readonly client: 'EventSource' | 'openStream'
  /** Options of the client, as far as they are data. */
  readonly options?: Readonly<Record<string, unknown>>
  readonly doing?: Doing
  readonly answers: readonly ScriptedAnswer[]
  /**
   * `METHOD path`, then ` id=` with the text whose UTF-8 was sent, ` body=`, and the headers that
   * `watch` names.
   */
  readonly requests: readonly string[]
  readonly watch?: readonly string[]
  /** What the client said; see `runCase`. */
  readonly log: readonly string[]
  /** Requests whose line the client left, by their place from 0. Default none. */
  readonly left?: readonly number[]
}

export const STREAM_ID = '5f0c7a52-91d3-8e14-b0a6'

export function idOf(seq: number, streamId = STREAM_ID): string {
  return `${streamId}-${seq.toString(16).padStart(12, '0')}`
}

export function frame(seq: number, event: string, data: unknown): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `id: ${idOf(seq)}\nevent: ${event}\ndata: ${text}\n\n`
}

export function update(seq: number): string {
  return frame(seq, 'update', { delta: `${seq} ` })
}

export function done(seq: number): string {
  return frame(seq, 'done', { reason: 'complete', chunks: seq - 1 })
}

const EVENT_STREAM = { 'Content-Type': 'text/event-stream' }

/** A plain event stream. */
export function plain(...chunks: (string | readonly number[])[]): ScriptedAnswer {
  return { headers: EVENT_STREAM, chunks }
}

/** A response of our own server. */
export function ours(...chunks: string[]): ScriptedAnswer {
  const headers = {
    ...EVENT_STREAM,
    'X-Synapse-TOON-Stream': STREAM_ID,
    'X-Synapse-TOON-Encoding': 'json',
    'Content-Location': '$/stream',
  }
  return { headers, chunks }
}

export const NO_MORE: ScriptedAnswer = { status: 204 }
