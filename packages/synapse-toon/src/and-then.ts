import type { MaybePromise } from './log/log.ts'
import { isPromiseLike } from './stream/source.ts'

type Next<Value, Result> = (value: Value) => MaybePromise<Result>

const pass = (error: unknown): never => {
  throw error
}

/**
 * Goes on with a value: at once where it is here, later where it is promised. A promise that is made
 * for each stream, and kept as long as it lasts, would weigh as much as the stream.
 *
 * @param failed for a `value` that rejects, and for what `next` throws (not for a promise that it
 *   gives); default: passed on
 */
export function andThen<Value, Result>(
  value: MaybePromise<Value>,
  next: Next<Value, Result>,
  failed: Next<unknown, Result> = pass,
): MaybePromise<Result> {
  if (!isPromiseLike(value)) return attempt(value, next, failed)
  return value.then((settled) => attempt(settled, next, failed), failed)
}

function attempt<Value, Result>(
  value: Value,
  next: Next<Value, Result>,
  failed: Next<unknown, Result>,
): MaybePromise<Result> {
  try {
    return next(value)
  } catch (error) {
    return failed(error)
  }
}
