import type { Clock } from 'synapse-toon'

/** `process.stdout` or `process.stderr`, as far as they are used; a test gives less. */
export interface TailOutput {
  /** @returns false: wait for `drain` */
  write(text: string | Uint8Array, onTaken?: () => void): unknown
  on?(event: string, listener: (value?: unknown) => void): unknown
  off?(event: string, listener: (value?: unknown) => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  /** Bytes that wait in it. */
  readonly writableLength?: number
}

export type TailSignal = 'SIGINT' | 'SIGTERM'

/** The process, as far as `tail` uses it. */
export interface TailIo {
  readonly stdout: TailOutput
  readonly stderr: TailOutput
  readonly signals: {
    on(signal: TailSignal, listener: () => void): void
    off(signal: TailSignal, listener: () => void): void
  }
  /** Ends the process at once. */
  exit(code: number): void
}

/** The library's own clock is not public. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds)
    return () => clearTimeout(timer)
  },
}
