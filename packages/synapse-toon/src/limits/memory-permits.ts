import type { Bounds, Grant, PermitStore } from './permits.ts'

/**
 * Permits of one process. They need no lease: when the process dies they are gone, and while it
 * lives the one function that ends a stream gives its permit back.
 */
export function createMemoryPermits(): PermitStore {
  const held = new Map<string, Set<string>>()
  let total = 0

  return {
    acquire(user: string, permitId: string, bounds: Bounds): Grant {
      const own = held.get(user)
      if (own !== undefined && own.size >= (bounds.perUser ?? Number.POSITIVE_INFINITY))
        return 'user'
      if (total >= (bounds.total ?? Number.POSITIVE_INFINITY)) return 'total'
      if (own === undefined) held.set(user, new Set([permitId]))
      else own.add(permitId)
      total++
      return 'granted'
    },
    renew: (user, permitId) => held.get(user)?.has(permitId) === true,
    release(user, permitId) {
      const own = held.get(user)
      if (own?.delete(permitId) !== true) return
      total--
      if (own.size === 0) held.delete(user)
    },
  }
}
