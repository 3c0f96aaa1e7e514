import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEventStreamParser } from 'synapse-toon/client'
import type { SeededRandom } from 'synapse-toon/testing'
import { Received } from './received.ts'

export interface ReaderInput {
  /** Address of the stream. */
  readonly url: string
  readonly streamId: string
  /** Position that the client has; 0 for none. */
  readonly after: number
  /** Pauses for so long after each piece, in ms; 0: reads as fast as it comes. */
  readonly slowMs: number
  readonly random: SeededRandom
}

export interface ReaderResult {
  readonly received: Received
  readonly reconnects: number
}

/** Statuses after which a client comes back: the instance or the way to it is gone for a moment. */
const PASSING = new Set([500, 502, 503, 504])

/** Without an end for so long, in ms, a client has been forgotten: that is a silent end. */
const PATIENCE_MS = 120_000

/** A line for each request, as phones on bad networks have it. */
const agent = new Agent({ keepAlive: false })

/** Reads a stream to its end as an EventSource does: over any number of lines, never starting anew. */
export async function readToEnd(input: ReaderInput): Promise<ReaderResult> {
  const received = new Received(input.streamId, input.after)
  const giveUpAt = performance.now() + PATIENCE_MS
  let reconnects = -1
  let retryMs = 50
  while (received.ending === undefined && received.broken === undefined) {
    reconnects++
    if (performance.now() > giveUpAt) {
      received.broken = `no end in ${PATIENCE_MS / 1000} s, last position ${received.position}`
      break
    }
    if (reconnects > 0) await sleep(retryMs + input.random.between(0, 100))
    retryMs = (await readOnce(input, received)) ?? retryMs
  }
  return { received, reconnects }
}

/** One line. @returns the reconnection time that the server asked for, in ms */
async function readOnce(input: ReaderInput, received: Received): Promise<number | undefined> {
  let retryMs: number | undefined
  const parser = createEventStreamParser({
    onEvent: (event) => received.take(event),
    onRetry: (milliseconds) => {
      retryMs = milliseconds
    },
  })
  try {
    const response = await open(input, received)
    if (response.statusCode === 204) {
      const reason = response.headers['x-synapse-toon-end']
      received.nothingMore(typeof reason === 'string' ? reason : undefined)
    } else if (response.statusCode !== 200) {
      if (!PASSING.has(response.statusCode!)) received.broken = `status ${response.statusCode}`
    } else {
      for await (const piece of response) {
        parser.feed(piece as Buffer)
        if (received.ending !== undefined || received.broken !== undefined) break
        if (input.slowMs > 0) await sleep(input.slowMs)
      }
      return retryMs
    }
    response.resume()
  } catch (error) {
    // A cut line is what this is about; the next one goes on where it was.
    if (!(error instanceof Error) || !('code' in error)) throw error
  }
  return retryMs
}

function open({ url, streamId }: ReaderInput, { position }: Received): Promise<IncomingMessage> {
  const headers: Record<string, string> = { Accept: 'text/event-stream' }
  if (position > 0) {
    headers['Last-Event-ID'] = `${streamId}-${position.toString(16).padStart(12, '0')}`
  }
  return new Promise((resolve, reject) => {
    request(url, { agent, headers }, resolve).on('error', reject).end()
  })
}
