import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Yields items with a pause between two of them.
 *
 * @param intervalMs ms; 0: no pause, as fast as they are taken
 * @param signal ends a pause at once
 */
export async function* paced<Item>(
  items: Iterable<Item>,
  intervalMs: number,
  signal: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  let isFirst = true
  for (const item of items) {
    if (!isFirst && intervalMs > 0) await sleep(intervalMs, undefined, { signal })
    isFirst = false
    yield item
  }
}
