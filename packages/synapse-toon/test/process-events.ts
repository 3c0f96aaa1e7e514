import { onTestFinished } from 'vitest'
import { nextTurn } from '../src/time/turn.ts'

/** Writes down, until the test is over, what the process says on one of its events. */
function listenToProcess<Value = unknown>(
  name: 'warning' | 'unhandledRejection' | 'uncaughtException',
): Value[] {
  const heard: Value[] = []
  const listener = (value: unknown) => heard.push(value as Value)
  process.on(name, listener)
  onTestFinished(() => void process.off(name, listener))
  return heard
}

/** Starts to listen to warnings. @returns gives the codes of those that have come until then */
export function listenToWarnings(): () => Promise<string[]> {
  const warnings = listenToProcess<Error & { code: string }>('warning')
  return async () => {
    await nextTurn()
    return warnings.map(({ code }) => code)
  }
}

/** Starts to listen to failures that nobody awaits. @returns gives those that have come until then */
export function listenToStrays(): () => Promise<unknown[]> {
  const rejected = listenToProcess('unhandledRejection')
  const thrown = listenToProcess('uncaughtException')
  return async () => {
    // Rejections are told after the promise jobs of a turn, stream errors up to two turns later.
    for (let turn = 0; turn < 3; turn++) await nextTurn()
    return [...rejected, ...thrown]
  }
}
