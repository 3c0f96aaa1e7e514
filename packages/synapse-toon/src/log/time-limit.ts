import type { Clock } from '../time/clock.ts'

/** One bound for several steps, each of which may be waited for. */
export interface TimeLimit {
  /** Rejects when the time is over before `step` has settled. */
  race<Value>(step: Promise<Value>): Promise<Value>
  /** To be called when the steps are over. */
  clear(): void
}

/**
 * @param milliseconds from now on, for all steps together
 * @param options `keepAlive`: whether the process is to wait for it, default false
 */
export function timeLimit(
  clock: Clock,
  milliseconds: number,
  { keepAlive = false } = {},
): TimeLimit {
  let reject: (error: Error) => void
  const over = new Promise<never>((_, fail) => {
    reject = fail
  })
  // Also where nothing is waited for when it happens.
  over.catch(() => undefined)
  const cancel = clock.after(
    milliseconds,
    () => reject(new Error(`no answer within ${milliseconds} ms`)),
    { keepAlive },
  )
  return { race: (step) => Promise.race([step, over]), clear: cancel }
}
