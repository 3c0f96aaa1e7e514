import type { Fetch } from 'synapse-toon/client'
import { createHttpFetch } from './http-fetch.ts'

/** The network under a stream: what `openStream` does not see of it. */
export interface Wire {
  readonly fetch: Fetch
  /** Bytes of all bodies so far, as they were on the network. */
  readonly wireBytes: number
  /** The stream's own address, once a response has named it. */
  readonly address: string | undefined
  /** Breaks the line that is open, as a lost network would. */
  cut(): void
}

export interface WireEvents {
  /** Bytes of a body, in the clear. No more is read until it settles. */
  onBytes(bytes: Uint8Array): Promise<void> | undefined
  /** A request is sent. */
  onAsked(): void
}

export function createWire({ onBytes, onAsked }: WireEvents): Wire {
  let wireBytes = 0
  let address: string | undefined
  let line = new AbortController()
  const httpFetch = createHttpFetch({
    onBytes,
    onWireBytes(count) {
      wireBytes += count
    },
  })
  return {
    async fetch(url, init) {
      const mine = new AbortController()
      // To stop an answer is a request beside the line, not another line.
      if (init.method !== 'DELETE') {
        line = mine
        onAsked()
      }
      const signals = init.signal ? [init.signal, mine.signal] : [mine.signal]
      const response = await httpFetch(url, { ...init, signal: AbortSignal.any(signals) })
      address = ownAddress(response) ?? address
      return response
    },
    get wireBytes() {
      return wireBytes
    },
    get address() {
      return address
    },
    cut: () => line.abort(new Error('cut by --chaos')),
  }
}

/** [RFC 9110 §8.7] Only our own streams name an address at which they can be taken up. */
function ownAddress({ headers, url }: Response): string | undefined {
  const location = headers.get('content-location')
  if (!headers.has('x-synapse-toon-stream') || location === null) return undefined
  if (!URL.canParse(location, url)) return undefined
  const own = new URL(location, url)
  return own.origin === new URL(url).origin ? own.href : undefined
}
