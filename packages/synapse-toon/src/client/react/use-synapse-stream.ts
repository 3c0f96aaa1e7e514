import { useEffect, useInsertionEffect, useState, useSyncExternalStore } from 'react'
import { systemClock } from '../../time/clock.ts'
import { openStream } from '../open-stream.ts'
import type { PageEvents } from '../page-events.ts'
import { createNextFrame, type DrawingPage } from './next-frame.ts'
import type { PageStorage } from './saved-stream.ts'
import { createStreamStore } from './stream-store.ts'
import type { StreamUrl, SynapseStream, UseSynapseStreamOptions } from './stream-view.ts'

const page = globalThis as Partial<PageEvents & DrawingPage & { sessionStorage: PageStorage }>

/**
 * A stream for a component: what came of it, and how it is started, stopped and gone on with.
 *
 * ```tsx
 * const { text, status, start, stop } = useSynapseStream<{ delta: string }>('/chat')
 * ```
 *
 * Renders at most once for each picture that the browser draws, however many events came. Mounted twice
 * by StrictMode, it asks once. What throws in `openStream` is in `error`.
 */
export function useSynapseStream<Payload = unknown>(
  url: StreamUrl,
  options: UseSynapseStreamOptions<Payload> = {},
): SynapseStream<Payload> {
  const [store] = useState(() => {
    const made = createStreamStore<Payload>({
      clock: systemClock,
      nextFrame: createNextFrame(page, systemClock),
      storage: () => page.sessionStorage,
      page,
      open: openStream,
    })
    made.configure(url, options)
    return made
  })
  // Before all other effects, those of children included, which may call `start`.
  useInsertionEffect(() => store.configure(url, options))
  const { storageKey, autoStart = false } = options
  // A function is another one with each render; what it gives may be too.
  const asked = autoStart && (typeof url === 'function' ? true : String(url))
  // biome-ignore lint/correctness/useExhaustiveDependencies: the store is told by `configure`
  useEffect(() => store.mount(), [store, storageKey, asked])
  const view = useSyncExternalStore(store.subscribe, store.view, store.view)
  const { start, stop, resume } = store
  return { ...view, start, stop, resume }
}
