import type { TailOutput } from './tail-io.ts'

/** One of the two outputs of a process. */
export interface Output {
  /** @returns undefined where there is room for more; else settles when there is, or never will be */
  write(text: string | Uint8Array): Promise<void> | undefined
  /** Settles when all was taken, or never will be. */
  flush(): Promise<void> | undefined
  /** Nobody waits for room any more: the process is to end, whether all is read or not. */
  abandon(): void
  /** Why it takes nothing any more. */
  readonly failure: NodeJS.ErrnoException | undefined
  /** Lets go of the stream. */
  release(): void
}

/**
 * Writes at the pace of whoever reads. A reader that leaves (`| head`) is no error of ours: it is told
 * to `onFailure`, once, and thrown nowhere.
 */
export function createOutput(stream: TailOutput, onFailure: () => void = () => {}): Output {
  let failure: NodeJS.ErrnoException | undefined
  let isPatient = true
  let waiting: Promise<void> | undefined
  let wake = () => {}

  const onDrain = () => {
    waiting = undefined
    wake()
  }
  const onError = (error: unknown) => {
    const isFirst = failure === undefined
    failure ??= error as NodeJS.ErrnoException
    isPatient = false
    onDrain()
    if (isFirst) onFailure()
  }
  stream.on?.('drain', onDrain)
  stream.on?.('error', onError)

  function room(): Promise<void> {
    waiting ??= new Promise((resolve) => {
      wake = resolve
    })
    return waiting
  }

  return {
    write(text) {
      if (failure !== undefined) return undefined
      const isFull = stream.write(text) === false
      return isFull && isPatient ? room() : undefined
    },
    flush() {
      if (!isPatient || !stream.writableLength) return undefined
      // `drain` comes only to those who were told to wait.
      stream.write('', onDrain)
      return room()
    },
    abandon() {
      isPatient = false
      onDrain()
    },
    get failure() {
      return failure
    },
    release() {
      stream.off?.('drain', onDrain)
      stream.off?.('error', onError)
    },
  }
}
