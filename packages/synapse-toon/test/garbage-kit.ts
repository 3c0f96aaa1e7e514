import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { untilAsked } from './redis-log-kit.ts'

setFlagsFromString('--expose-gc')

/** Collects all garbage of this process. */
export const collect = runInNewContext('gc') as () => void

/** Settles once nobody holds any of them any more; rejects, with `what`, where somebody goes on to. */
export async function untilCollected(
  references: readonly WeakRef<object>[],
  what: string,
): Promise<void> {
  await untilAsked(async () => {
    // A WeakRef holds until the end of the turn in which it was asked.
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    return references.every((reference) => reference.deref() === undefined)
  }, what)
}
