import { type Clock, systemClock } from '../time/clock.ts'

export interface TestChunk {
  /** 0 for the first. */
  readonly index: number
  /** `Token 0`, `Token 1`, … */
  readonly text: string
  /** `YYYY-MM-DD HH:MM:SS`, in UTC. */
  readonly timestamp: string
}

export interface TestStreamOptions {
  /** Chunks to yield. Default 100. */
  readonly count?: number
  /** Pause after each chunk, in ms; 0: none. Default 10. */
  readonly intervalMs?: number
  /** Default: the system's. */
  readonly clock?: Clock
}

/** The seed's "Test Stream Generator". */
export async function* createTestStream(
  options: TestStreamOptions = {},
): AsyncGenerator<TestChunk, void, undefined> {
  const { count = 100, intervalMs = 10, clock = systemClock } = options
  for (let index = 0; index < count; index++) {
    yield { index, text: `Token ${index}`, timestamp: toDateTimeString(new Date()) }
    if (intervalMs > 0) await new Promise<void>((resolve) => void clock.after(intervalMs, resolve))
  }
}

/** What Laravel's `now()->toDateTimeString()` gives. */
function toDateTimeString(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ')
}
