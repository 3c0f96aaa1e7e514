import { useEffect, useState } from 'react'

/** What answers behind the gateway, in its own words. */
type SourceInfo = { kind: string; name: string; note: string }

export type Health = { state: 'asking' } | { state: 'down' } | { state: 'up'; source: SourceInfo }

/** Time between two tries while the server does not answer, in ms: soon enough for a restart. */
const RETRY_INTERVAL = 5_000

/** Asks `healthz` until it answers once: what answers does not change while the server runs. */
export function useHealth(): Health {
  const [health, setHealth] = useState<Health>({ state: 'asking' })
  useEffect(() => {
    const leaving = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      const source = await askHealth(leaving.signal)
      if (leaving.signal.aborted) return
      setHealth(source ? { state: 'up', source } : { state: 'down' })
      if (!source) timer = setTimeout(ask, RETRY_INTERVAL)
    }
    void ask()
    return () => {
      leaving.abort()
      clearTimeout(timer)
    }
  }, [])
  return health
}

async function askHealth(signal: AbortSignal): Promise<SourceInfo | undefined> {
  try {
    const response = await fetch('healthz', { signal })
    return response.ok ? readSourceInfo(await response.json()) : undefined
  } catch {
    // No connection, no JSON, or the page is leaving: each means that nothing is known.
    return undefined
  }
}

export function readSourceInfo(value: unknown): SourceInfo | undefined {
  const source = (value as { source?: Record<string, unknown> | null } | null)?.source
  if (typeof source?.kind !== 'string') return undefined
  return { kind: source.kind, name: text(source.name), note: text(source.note) }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
