import type { Observer } from 'synapse-toon'

type Listener = (event: never) => void

const NAMES = [
  'opened',
  'committed',
  'chunk',
  'blocked',
  'resumed',
  'gap',
  'ended',
  'disconnected',
] as const satisfies readonly (keyof Observer)[]

/** One observer that tells all: a log, and the metrics of whoever embeds the gateway. */
export function combineObservers(observers: readonly Observer[]): Observer {
  const combined: Partial<Record<keyof Observer, Listener>> = {}
  for (const name of NAMES) {
    const listening = observers.filter((observer) => observer[name] !== undefined)
    if (listening.length === 0) continue
    combined[name] = (event) => {
      for (const observer of listening) (observer[name] as Listener).call(observer, event)
    }
  }
  return combined as Observer
}
