import { createSynapseToon, type PayloadEncoding } from 'synapse-toon'
import { type Fetch, openStream } from 'synapse-toon/client'

const EVENTS = 200

/** The numbers that the events carry. */
export const ALL = Array.from({ length: EVENTS }, (_, n) => n)

/** Readers at once. */
const PARALLEL = 16

/** Far more than is needed, in ms: this is much work, on machines that may have much else to do. */
export const LIMIT_MS = 180_000

/** So long, in ms, is a cut held back: Node throws away what it has, and has not handed on. */
export const BEFORE_CUT_MS = 4

/** A stream that has ended, to be read from a server with addresses. */
export async function finishedStream() {
  // Small, so that a response that is cut early has not been made far ahead.
  const toon = createSynapseToon({ maxBufferSize: 1024 })
  const handle = await toon.start(ALL.map((n) => ({ n })))
  await handle.done
  return { toon, handle }
}

type ReadOptions = {
  readonly fetch?: Fetch
  readonly encoding?: PayloadEncoding
  readonly headers?: Record<string, string> | (() => Record<string, string>)
}

/** Reads a whole stream over however many cuts: the numbers of the events, as they came. */
export async function readAll(url: string, options: ReadOptions) {
  const reconnect = { initial: 0, jitter: 0, maxAttempts: 50 }
  const stream = openStream<{ n: number }>(url, { reconnect, ...options })
  const seen: number[] = []
  for await (const { payload } of stream) seen.push(payload.n)
  return { seen, resumes: stream.stats.resumes }
}

export async function inParallel(
  count: number,
  run: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await run(next++)
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
}
