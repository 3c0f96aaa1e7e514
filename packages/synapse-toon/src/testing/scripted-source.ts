import type { SourceContext } from '../stream/source.ts'
import { type Clock, systemClock } from '../time/clock.ts'

/** What a scripted source does, step by step. */
export type ScriptStep<Chunk> =
  | { readonly yield: Chunk }
  /** Waits, in ms. */
  | { readonly delay: number }
  | { readonly throw: unknown }
  /** Parks for ever: only the signal gets it out. */
  | { readonly hang: true }

export interface ScriptedSource<Chunk> {
  /** Hand this to `stream`, `pipe` or `start`. Each call is a new run from the first step. */
  readonly source: (context: SourceContext) => AsyncIterable<Chunk>
  /** How often the source was asked: more than once means that an LLM was paid twice. */
  readonly runs: number
  /** Chunks handed out, over all runs. */
  readonly pulled: number
  /** Runs that are open: neither ended nor let go. */
  readonly open: number
  /** What the signal of the last run said; undefined while it has not fired. */
  readonly signalReason: unknown
  /** When the signal of the last run fired, by the clock; undefined while it has not. */
  readonly signalledAt: number | undefined
  /** The context of the last run. */
  readonly context: SourceContext | undefined
}

/** A source that does exactly what it is told, and counts what is done to it. */
export function createScriptedSource<Chunk>(
  steps: readonly ScriptStep<Chunk>[] | (() => Iterable<ScriptStep<Chunk>>),
  clock: Clock = systemClock,
): ScriptedSource<Chunk> {
  const state = {
    runs: 0,
    pulled: 0,
    open: 0,
    signalReason: undefined as unknown,
    signalledAt: undefined as number | undefined,
    context: undefined as SourceContext | undefined,
  }

  async function* play(signal: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
    for (const step of typeof steps === 'function' ? steps() : steps) {
      if ('yield' in step) {
        state.pulled++
        yield step.yield
      } else if ('delay' in step) await sleep(step.delay, signal, clock)
      else if ('throw' in step) throw step.throw
      else await sleep(undefined, signal, clock)
    }
  }

  /** Counts the run as open until it is over. Not by a `finally`: one never pulled would not run it. */
  function counted(run: AsyncGenerator<Chunk, void, undefined>): AsyncIterable<Chunk> {
    let isOpen = true
    state.open++
    const over = () => {
      if (isOpen) state.open--
      isOpen = false
    }
    const iterator: AsyncIterator<Chunk> = {
      async next() {
        try {
          const step = await run.next()
          if (step.done) over()
          return step
        } catch (error) {
          over()
          throw error
        }
      },
      return: () => run.return().finally(over),
    }
    return { [Symbol.asyncIterator]: () => iterator }
  }

  return Object.defineProperties({} as ScriptedSource<Chunk>, {
    ...Object.fromEntries(
      Object.keys(state).map((key) => [key, { get: () => state[key as keyof typeof state] }]),
    ),
    source: {
      value(context: SourceContext): AsyncIterable<Chunk> {
        state.runs++
        state.context = context
        context.signal.addEventListener('abort', () => {
          state.signalReason = context.signal.reason
          state.signalledAt = clock.now()
        })
        return counted(play(context.signal))
      },
    },
  })
}

/** Rejects with the signal's reason as soon as it fires. @param milliseconds undefined: for ever */
function sleep(milliseconds: number | undefined, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    let cancel: () => void = () => {}
    const onAbort = () => {
      cancel()
      reject(signal.reason)
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    if (milliseconds === undefined) return
    cancel = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
  })
}
