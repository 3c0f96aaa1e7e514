import type { Clock } from '../time/clock.ts'
import type { Filters } from './retriever.ts'

/** Most contexts kept; the one that was unused longest goes first. At 512 tokens, about 2 MB. */
const MAX_ENTRIES = 1000

export interface ContextCache {
  get(key: string): string | undefined
  set(key: string, context: string): void
}

/** Everything that a context depends on, so that no two askers can ever share one by accident. */
export function cacheKey(query: string, userId: string | undefined, filters: Filters): string {
  const sorted = Object.entries(filters).sort(([a], [b]) => (a < b ? -1 : 1))
  // An array for a known user: no user id looks like nobody's.
  return JSON.stringify([query, userId === undefined ? null : [userId], sorted])
}

/** @param ttl in ms; 0 keeps nothing */
export function createContextCache(ttl: number, clock: Clock): ContextCache {
  /** In the order of use. */
  const entries = new Map<string, { context: string; until: number }>()

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      if (entry.until <= clock.now()) return undefined
      entries.set(key, entry)
      return entry.context
    },
    set(key, context) {
      if (ttl === 0) return
      entries.delete(key)
      entries.set(key, { context, until: clock.now() + ttl })
      for (const oldest of entries.keys()) {
        if (entries.size <= MAX_ENTRIES) break
        entries.delete(oldest)
      }
    },
  }
}
