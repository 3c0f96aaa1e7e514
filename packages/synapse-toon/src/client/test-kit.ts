import { createFakeClock, type FakeClock } from '../testing/fake-clock.ts'
import { nextTurn } from '../time/turn.ts'
import { type ClientEnvironment, startStream } from './client-stream.ts'
import type { OpenStreamOptions } from './open-stream-options.ts'
import type { OpenedStream } from './opened-stream.ts'
import type { Fetch } from './request.ts'
import type { StreamEvent } from './stream-reader.ts'
import type { StreamStatus } from './stream-status.ts'

export const STREAM_ID = '5f0c7a52-91d3-8e14-b0a6'

// Streams load these when they need them. Here before, so that no test waits for a file.
await Promise.all([import('./check-payload.ts'), import('./late-decoder.ts')])

/** The id of a position of our test stream. */
export function idOf(seq: number, streamId = STREAM_ID): string {
  return `${streamId}-${seq.toString(16).padStart(12, '0')}`
}

/** A frame of our own protocol. */
export function frame(seq: number, event: string, data: unknown): string {
  return `id: ${idOf(seq)}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

export function update(seq: number): string {
  return frame(seq, 'update', { delta: `${seq} ` })
}

export function done(seq: number, reason = 'complete'): string {
  return frame(seq, 'done', { reason, chunks: seq - 1 })
}

/** How a body goes on behind its last chunk. */
type BodyEnd = 'end' | 'break' | 'hang'

/** A body under the control of a test. As on a real line, what was sent comes before what happens. */
export interface TestBody {
  readonly stream: ReadableStream<Uint8Array>
  readonly isCancelled: boolean
  /** Chunks that were taken. */
  readonly taken: number
  send(text: string): void
  finish(how: BodyEnd): void
}

export function createBody(): TestBody {
  const chunks: Uint8Array[] = []
  const state = { isCancelled: false, taken: 0 }
  let end: BodyEnd = 'hang'
  let wake = () => {}
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (chunks.length === 0 && end === 'hang' && !state.isCancelled) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        const chunk = chunks.shift()
        if (chunk !== undefined) {
          state.taken++
          controller.enqueue(chunk)
        } else if (end === 'end') controller.close()
        else if (end === 'break') controller.error(new TypeError('terminated'))
      },
      cancel() {
        state.isCancelled = true
        wake()
      },
    },
    { highWaterMark: 0 },
  )
  return {
    stream,
    get isCancelled() {
      return state.isCancelled
    },
    get taken() {
      return state.taken
    },
    send(text) {
      chunks.push(new TextEncoder().encode(text))
      wake()
    },
    finish(how) {
      end = how
      wake()
    },
  }
}

/** One answer of a server. Headers of ours are there unless `plain`. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Chunks, in the order in which they come. */
  readonly body?: readonly string[]
  /** Default `end`. */
  readonly end?: BodyEnd
  /** No headers but those that are named. */
  readonly plain?: boolean
}

export interface Asked {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly body: unknown
  readonly signal: AbortSignal
}

const OURS = {
  'Content-Type': 'text/event-stream',
  'X-Synapse-TOON-Stream': STREAM_ID,
  'X-Synapse-TOON-Encoding': 'json',
  'Content-Location': `/streams/${STREAM_ID}`,
}

export const EVENT_STREAM = { 'Content-Type': 'text/event-stream' }

type Script = readonly (Answer | Response | Error | 'hang')[]

/** A `fetch` that gives one answer after the other, and writes down what it was asked. */
export function scriptedFetch(script: Script): {
  readonly fetch: Fetch
  readonly asked: Asked[]
  /** Bodies of the answers. */
  readonly bodies: TestBody[]
} {
  const asked: Asked[] = []
  const bodies: TestBody[] = []
  const fetch: Fetch = async (url, init) => {
    const { method = 'GET', headers, body, signal } = init as RequestInit & { signal: AbortSignal }
    asked.push({ url, method, headers: new Headers(headers as Headers), body, signal })
    const answer = script[asked.length - 1]
    if (answer === undefined)
      throw new Error(`asked ${asked.length} times, more than the test foresees`)
    if (answer instanceof Error) throw answer
    if (answer instanceof Response) return answer
    if (answer === 'hang') return await hang(signal)
    const { status = 200, plain = status !== 200, end = 'end' } = answer
    const testBody = createBody()
    bodies.push(testBody)
    for (const chunk of answer.body ?? []) testBody.send(chunk)
    testBody.finish(end)
    const given = { ...(plain ? {} : OURS), ...answer.headers }
    return new Response(status === 204 ? null : testBody.stream, { status, headers: given })
  }
  return { fetch, asked, bodies }
}

function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
}

export interface Reading {
  readonly stream: OpenedStream<{ delta: string }>
  readonly clock: FakeClock
  readonly asked: Asked[]
  readonly bodies: TestBody[]
  readonly statuses: StreamStatus[]
  /** Events taken so far. */
  readonly events: StreamEvent<{ delta: string }>[]
  /** What the loop threw; undefined while it goes on, or when it ended. */
  readonly error: unknown
  readonly isOver: boolean
  /** Of the `waiting` statuses, in ms. */
  readonly delays: number[]
  /** Tells the page's listeners. */
  tellPage(type: string, event?: object): void
  readonly listeners: Map<string, Set<(event: object) => void>>
}

export interface ReadingOptions extends OpenStreamOptions {
  /** Chance, from 0 to 1. Default 0: no wait is shortened. */
  readonly random?: number
  /** Wall-clock time, in ms. */
  readonly wallNow?: number
  readonly url?: string
  /** Whether events are taken. Default `true`. */
  readonly takes?: boolean
}

/** Opens a stream on a script and a fake clock, and takes its events as they come. */
export async function read(script: Script, options: ReadingOptions = {}): Promise<Reading> {
  const {
    random = 0,
    wallNow = 0,
    url = 'http://test.example/chat',
    takes = true,
    ...given
  } = options
  const clock = createFakeClock()
  const { fetch, asked, bodies } = scriptedFetch(script)
  const statuses: StreamStatus[] = []
  const listeners = new Map<string, Set<(event: object) => void>>()
  const page: ClientEnvironment['page'] = {
    addEventListener(type, listener, { signal }: { signal: AbortSignal }) {
      const all = listeners.get(type) ?? new Set()
      listeners.set(type, all.add(listener))
      signal.addEventListener('abort', () => all.delete(listener))
    },
  }
  const env = { clock, random: () => random, wallNow: () => wallNow, page }
  const events: StreamEvent<{ delta: string }>[] = []
  const state = { error: undefined as unknown, isOver: false }
  const stream = startStream<{ delta: string }>(
    url,
    {
      fetch,
      onStatus: (status) => {
        statuses.push(status)
      },
      ...(given as OpenStreamOptions<{ delta: string }>),
    },
    env,
  )
  const taking = async () => {
    try {
      for await (const event of stream) events.push(event)
    } catch (error) {
      state.error = error
    }
    state.isOver = true
  }
  if (takes) void taking()
  await settle()
  return {
    stream,
    clock,
    asked,
    bodies,
    statuses,
    events,
    get error() {
      return state.error
    },
    get isOver() {
      return state.isOver
    },
    get delays() {
      return statuses.flatMap((status) => (status.type === 'waiting' ? [status.delay] : []))
    },
    tellPage(type, event = {}) {
      for (const listener of listeners.get(type) ?? []) listener(event)
    },
    listeners,
  }
}

/** Lets promises and streams run until nothing is left to do. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn()
}

/** The text of the events, put together. */
export function textOf({ events }: Pick<Reading, 'events'>): string {
  return events.map(({ payload }) => payload.delta).join('')
}
