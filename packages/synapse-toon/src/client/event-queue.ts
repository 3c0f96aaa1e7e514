/** Characters of events that wait for their reader; above, no more is read from the network. */
export const READ_AHEAD = 65_536

/** What an event takes beside its data, roughly: many empty ones must fill the queue too. */
const EVENT_OVERHEAD = 64

/**
 * Between the one who reads the network and the one who takes the events: keeps order, says when
 * there is room for more, and hands out the end behind the last event.
 */
export interface EventQueue<T> {
  push(event: T): void
  /** Settles when there is room for more. */
  room(): Promise<void>
  /** Several may wait, and are served in order. Throws the failure once; from then on it is over. */
  take(): Promise<IteratorResult<T, undefined>>
  /** Behind the last event comes the end, or `failure`. Nothing is pushed from then on. */
  end(failure?: { readonly error: unknown }): void
  /** What is there is of no use to anybody: the reader has left. */
  abandon(): void
}

export function createEventQueue<T extends { readonly data: string }>(): EventQueue<T> {
  const events: T[] = []
  let size = 0
  let isOver = false
  let failure: { readonly error: unknown } | undefined
  // One is enough for both sides: only a full queue holds up the one, only an empty one the other.
  let wake = () => {}
  let last: Promise<unknown> = Promise.resolve()

  async function sleepWhile(isSo: () => boolean): Promise<void> {
    while (isSo() && !isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  /** Events have come or gone. */
  function changed(sign: 1 | -1, { data }: T): void {
    size += sign * (data.length + EVENT_OVERHEAD)
    wake()
  }

  async function next(): Promise<IteratorResult<T, undefined>> {
    await sleepWhile(() => events.length === 0)
    const value = events.shift()
    if (value) {
      changed(-1, value)
      return { value, done: false }
    }
    const thrown = failure
    failure = undefined
    if (thrown) throw thrown.error
    return { value, done: true }
  }

  return {
    push(event) {
      if (isOver) return
      events.push(event)
      changed(1, event)
    },
    room: () => sleepWhile(() => size >= READ_AHEAD),
    take() {
      const step = last.then(next, next)
      last = step
      return step
    },
    end(how) {
      isOver = true
      failure = how
      wake()
    },
    abandon() {
      events.length = 0
    },
  }
}
