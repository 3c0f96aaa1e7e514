import type { Clock } from '../time/clock.ts'

/** Silences after which a stream is given up, in ms; 0 switches one off. */
export interface IdleLimits {
  readonly lineIdle: number
  readonly contentIdle: number
}

export type IdleKind = 'line' | 'content'

/** Two clocks of one stream, which run only while bytes are waited for. */
export interface IdleClocks {
  /** Bytes are waited for. @returns to be called when some have come, or nobody waits any more */
  wait(): () => void
  /** Content came. */
  moved(): void
}

/**
 * A timer that fires this late, in ms, did so because the machine slept or the page was frozen. Its
 * sockets have had no turn yet, so the silence says nothing of them.
 */
const SLEPT_MS = 5000

/**
 * One clock of the line, which every byte moves, and one of the content, which heartbeats do not.
 * Neither a slow consumer nor the time between two connections is a silence.
 */
export function createIdleClocks(
  clock: Clock,
  { lineIdle, contentIdle }: IdleLimits,
  onIdle: (kind: IdleKind, milliseconds: number) => void,
): IdleClocks {
  let contentLeft = contentIdle

  function set(kind: IdleKind, limit: number, left: number): () => void {
    if (limit === 0) return () => {}
    const due = clock.now() + left
    let cancel = clock.after(left, () => {
      if (clock.now() - due > SLEPT_MS) cancel = set(kind, limit, limit)
      else onIdle(kind, limit)
    })
    return () => cancel()
  }

  return {
    wait() {
      const since = clock.now()
      const cancelLine = set('line', lineIdle, lineIdle)
      const cancelContent = set('content', contentIdle, contentLeft)
      return () => {
        cancelLine()
        cancelContent()
        contentLeft -= clock.now() - since
      }
    },
    moved() {
      contentLeft = contentIdle
    },
  }
}
