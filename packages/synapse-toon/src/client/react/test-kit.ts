import { createFakeClock } from '../../testing/fake-clock.ts'
import { nextTurn } from '../../time/turn.ts'
import type { openStream } from '../open-stream.ts'
import type { OpenStreamOptions } from '../open-stream-options.ts'
import type { StreamEvent } from '../stream-reader.ts'
import type { StreamStatus, Summary } from '../stream-status.ts'
import type { PageStorage } from './saved-stream.ts'
import { createStreamStore } from './stream-store.ts'
import type { StreamUrl, UseSynapseStreamOptions } from './stream-view.ts'

interface Delta {
  readonly delta: string
}

/** A line that does what a test says. */
interface DrivenLine {
  readonly url: string
  readonly options: OpenStreamOptions<Delta>
  isStopped: boolean
  isClosed: boolean
  /** The head of a response of ours came; without an address, of somebody else's. */
  answer(address?: string): Promise<void>
  /** Events came, numbered from `seq` on; without ids where that is undefined. */
  say(seq: number | undefined, ...deltas: string[]): Promise<void>
  end(reason?: Summary['reason']): Promise<void>
  fail(error: unknown): Promise<void>
  tell(status: StreamStatus): void
  /** @param when a stop is answered */
  refuseToStop(error: unknown, when?: Promise<void>): void
}

export function idOf(seq: number): string {
  return `5f0c7a52-91d3-8e14-b0a6-${seq.toString(16).padStart(12, '0')}`
}

/** In memory, and out of order when a test says so. */
export function createTestStorage() {
  const kept = new Map<string, string>()
  const storage: PageStorage & { kept: Map<string, string>; broken: unknown; writes: number } = {
    kept,
    broken: undefined,
    writes: 0,
    getItem: (key) => kept.get(key) ?? null,
    setItem(key, value) {
      if (storage.broken !== undefined) throw storage.broken
      storage.writes++
      kept.set(key, value)
    },
    removeItem: (key) => void kept.delete(key),
  }
  return storage
}

export interface TestPage {
  readonly storage: () => PageStorage | undefined
}

/** A store on a page that a test drives: lines, frames and time. */
export function createTestStore(
  url: StreamUrl,
  options: UseSynapseStreamOptions<Delta> = {},
  { storage = () => undefined }: Partial<TestPage> = {},
) {
  const clock = createFakeClock()
  const lines: DrivenLine[] = []
  let answered = new Response('')
  const frames = new Set<() => void>()
  const pageListeners = new Map<string, (event: object) => void>()
  const open = ((to: string, given: OpenStreamOptions<Delta>) => {
    const { line, stream } = drive(to, given, (response) => {
      answered = response
    })
    lines.push(line)
    return stream
  }) as unknown as typeof openStream
  const store = createStreamStore<Delta>({
    clock,
    storage,
    open,
    nextFrame(run) {
      frames.add(run)
      return () => frames.delete(run)
    },
    page: {
      addEventListener(type, listener, given) {
        pageListeners.set(type, listener)
        const { signal } = given as { signal: AbortSignal }
        signal.addEventListener('abort', () => pageListeners.delete(type))
      },
    },
  })
  const configure = (to: StreamUrl, wanted: UseSynapseStreamOptions<Delta> = {}) =>
    store.configure(to, { fetch: async () => answered, ...wanted })
  configure(url, options)
  const renders: ReturnType<typeof store.view>[] = []
  store.subscribe(() => renders.push(store.view()))
  return {
    store,
    configure,
    clock,
    lines,
    renders,
    frames,
    /** Draws a picture. */
    draw() {
      for (const run of [...frames]) run()
      frames.clear()
    },
    page: (type: string) => pageListeners.get(type)?.({}),
    pageListeners,
    last: () => lines.at(-1)!,
  }
}

function drive(
  url: string,
  options: OpenStreamOptions<Delta>,
  onAnswer: (response: Response) => void,
) {
  const events: StreamEvent<Delta>[] = []
  let wake = () => {}
  let over: { reason?: Summary['reason']; error?: unknown } | undefined
  let refusal: { error: unknown; when: Promise<void> } | undefined
  let settleDone: (how: { reason?: Summary['reason']; error?: unknown }) => void
  const done = new Promise<{ reason: Summary['reason'] }>((resolve, reject) => {
    settleDone = ({ reason, error }) => {
      if (reason === undefined) reject(error)
      else resolve({ reason })
    }
  })
  done.catch(() => {})
  const finish = (how: NonNullable<typeof over>) => {
    if (over !== undefined) return
    over = how
    settleDone(how)
    wake()
  }
  const line: DrivenLine = {
    url,
    options,
    isStopped: false,
    isClosed: false,
    async answer(address) {
      const headers = new Headers({ 'Content-Type': 'text/event-stream' })
      if (address !== undefined) {
        headers.set('X-Synapse-TOON-Stream', idOf(0).slice(0, -13))
        headers.set('Content-Location', address)
      }
      const response = new Response('', { headers })
      Object.defineProperty(response, 'url', { value: 'http://host/chat' })
      onAnswer(response)
      await options.fetch!('http://host/chat', {})
      line.tell({ type: 'open', protocol: 'synapse', streamId: undefined, resumed: false })
      await nextTurn()
    },
    async say(seq, ...deltas) {
      for (const delta of deltas) {
        const data = JSON.stringify({ delta })
        const id = seq === undefined ? '' : idOf(seq++)
        events.push({ event: 'update', payload: { delta }, data, id })
      }
      wake()
      await nextTurn()
    },
    async end(reason = 'complete') {
      finish({ reason })
      await nextTurn()
    },
    async fail(error) {
      finish({ error })
      await nextTurn()
    },
    tell: (status) => options.onStatus?.(status),
    refuseToStop(error, when = Promise.resolve()) {
      refusal = { error, when }
    },
  }
  const stream = {
    done,
    async stop() {
      line.isStopped = true
      await refusal?.when
      if (refusal !== undefined) throw refusal.error
    },
    close() {
      line.isClosed = true
      finish({ reason: 'left' })
    },
    async *[Symbol.asyncIterator]() {
      try {
        while (true) {
          const event = events.shift()
          if (event !== undefined) yield event
          else if (over?.reason !== undefined) return
          else if (over !== undefined) throw over.error
          else {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          }
        }
      } finally {
        if (over === undefined) stream.close()
      }
    },
  }
  return { line, stream }
}
