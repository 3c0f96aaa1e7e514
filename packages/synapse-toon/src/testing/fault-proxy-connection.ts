import type { Socket } from 'node:net'
import type { Clock } from '../time/clock.ts'
import type { ProxyTarget } from './fault-proxy-connect.ts'
import { checkFault, type Fault, type FaultKind } from './fault-proxy-fault.ts'
import { FaultPipe } from './fault-proxy-pipe.ts'
import { resetNow } from './fault-proxy-reset.ts'

/** One line through the proxy: a client's, and the one to the target that was opened for it. */
export interface ProxyConnection {
  /** 1 for the first that the proxy accepted. */
  readonly number: number
  readonly target: ProxyTarget
  /** Bytes passed on. */
  readonly bytes: { readonly up: number; readonly down: number }
  /** Bytes that the proxy holds of this line now. */
  readonly held: number
  readonly stalled: boolean
  /** How the proxy has cut it; undefined where it did not. */
  readonly cut: 'fin' | 'rst' | undefined
  /** Settles when both its sockets are gone. */
  readonly closed: Promise<void>
  /** @throws {InvalidOptionError} names the field, its value and what it must be */
  apply(fault: Fault): void
  /** Takes back all that `apply` and the plan have set; a stalled line goes on. */
  clear(): void
}

/**
 * Between the last byte and a reset that was set for after it, in ms: a reset throws away what the
 * receiver's network has not taken, and this is what makes "after exactly N bytes" true for one
 * that reads.
 */
const BEFORE_RESET_MS = 20

/** For the other side to close too, after a cut in order, in ms. Then its socket is just closed. */
const LINGER_MS = 1000

export interface FaultConnectionInput {
  readonly number: number
  readonly target: ProxyTarget
  readonly client: Socket
  readonly upstream: Socket
  readonly clock: Clock
  /** Told each fault that took effect. */
  readonly onFault: (kind: FaultKind) => void
}

export class FaultConnection implements ProxyConnection {
  readonly number: number
  readonly target: ProxyTarget
  readonly closed: Promise<void>
  readonly #sockets: readonly Socket[]
  readonly #up: FaultPipe
  readonly #down: FaultPipe
  readonly #clock: Clock
  readonly #onFault: (kind: FaultKind) => void
  readonly #timers = new Set<() => void>()
  #cut: 'fin' | 'rst' | undefined
  #isStalled = false
  #cancelStall: (() => void) | undefined

  constructor({ number, target, client, upstream, clock, onFault }: FaultConnectionInput) {
    this.number = number
    this.target = target
    this.#clock = clock
    this.#onFault = onFault
    this.#sockets = [client, upstream]
    this.#up = new FaultPipe(client, upstream, clock)
    this.#down = new FaultPipe(upstream, client, clock)
    this.closed = Promise.all(this.#sockets.map(closeOf)).then(() => this.#release())
  }

  get bytes(): { readonly up: number; readonly down: number } {
    return { up: this.#up.passed, down: this.#down.passed }
  }

  get held(): number {
    return this.#up.held + this.#down.held
  }

  get stalled(): boolean {
    return this.#isStalled
  }

  get cut(): 'fin' | 'rst' | undefined {
    return this.#cut
  }

  apply(fault: Fault): void {
    checkFault(fault)
    if (this.#cut !== undefined) return
    if ('cut' in fault) this.#when(fault, () => this.#cutBy(fault.cut, (fault.after ?? 0) > 0))
    else if ('stall' in fault) this.#when(fault, () => this.#stall(fault.forMs))
    else if ('resume' in fault) this.#resume()
    else if ('throttle' in fault) {
      for (const pipe of [this.#up, this.#down]) pipe.setThrottle(fault.throttle)
      if (fault.throttle > 0) this.#onFault('throttle')
    } else {
      for (const pipe of [this.#up, this.#down]) pipe.setDelay(fault.delay)
      if (fault.delay > 0) this.#onFault('delay')
    }
  }

  clear(): void {
    for (const pipe of [this.#up, this.#down]) {
      pipe.clearMarks()
      pipe.setDelay(0)
      pipe.setThrottle(0)
    }
    this.#resume()
  }

  /** Ends both sockets without waiting for anybody. */
  destroy(): void {
    this.#cut ??= 'rst'
    this.#stopPipes()
    this.#reset()
  }

  #when(fault: Extract<Fault, { after?: number }>, run: () => void): void {
    const { after = 0, of = 'down' } = fault
    if (after === 0) run()
    else (of === 'up' ? this.#up : this.#down).mark(after, run)
  }

  #stall(forMs: number | undefined): void {
    this.#cancelStall?.()
    this.#cancelStall = undefined
    if (!this.#isStalled) this.#onFault('stall')
    this.#setStalled(true)
    if (forMs !== undefined) this.#cancelStall = this.#later(forMs, () => this.#resume())
  }

  #resume(): void {
    this.#cancelStall?.()
    this.#cancelStall = undefined
    if (!this.#isStalled) return
    this.#onFault('resume')
    this.#setStalled(false)
  }

  #setStalled(isStalled: boolean): void {
    this.#isStalled = isStalled
    for (const pipe of [this.#up, this.#down]) pipe.setStalled(isStalled)
  }

  #cutBy(how: 'fin' | 'rst', afterBytes: boolean): void {
    this.#cut = how
    this.#onFault('cut')
    this.#stopPipes()
    if (how === 'rst') {
      if (afterBytes) this.#later(BEFORE_RESET_MS, () => this.#reset())
      else this.#reset()
      return
    }
    for (const socket of this.#sockets) socket.end()
    this.#later(LINGER_MS, () => {
      for (const socket of this.#sockets) socket.destroy()
    })
  }

  #stopPipes(): void {
    for (const pipe of [this.#up, this.#down]) pipe.stop()
  }

  #reset(): void {
    for (const socket of this.#sockets) resetNow(socket)
  }

  #later(milliseconds: number, run: () => void): () => void {
    const cancel = this.#clock.after(milliseconds, () => {
      this.#timers.delete(cancel)
      run()
    })
    this.#timers.add(cancel)
    return cancel
  }

  #release(): void {
    for (const cancel of this.#timers) cancel()
    this.#stopPipes()
  }
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}
