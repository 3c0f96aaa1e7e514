import type { Socket } from 'node:net'
import type { Clock } from '../time/clock.ts'
import { ByteRate } from './fault-proxy-rate.ts'
import { resetNow } from './fault-proxy-reset.ts'

/**
 * Bytes that one direction holds before it stops reading. What is read already when it stops comes
 * on top: one piece, and one that Node has buffered, of 64 KiB each at most.
 */
const FULL_BYTES = 65_536

/** How one side ended: in order, or by a reset. */
type End = 'fin' | 'rst'

interface Piece {
  /** By the clock; in order, since `delay` only counts from when a piece came. */
  readonly dueAt: number
  readonly bytes?: Buffer
  /** In the queue with the bytes, so that it overtakes none. */
  readonly end?: End
}

/** Something to do once exactly `at` bytes have passed. */
interface Mark {
  readonly at: number
  readonly run: () => void
}

/** One direction of a line: what comes from one socket goes to the other, as the faults have it. */
export class FaultPipe {
  readonly #from: Socket
  readonly #to: Socket
  readonly #clock: Clock
  #queue: Piece[] = []
  #queuedBytes = 0
  #passed = 0
  /** Bytes of the piece that the kernel has not taken yet; one at a time, so that `held` is exact. */
  #writing = 0
  #delay = 0
  #rate: ByteRate | undefined
  #marks: Mark[] = []
  #isStalled = false
  #isStopped = false
  /** What was passed on as the end, once it was. */
  #end: End | undefined
  #cancelTimer: (() => void) | undefined

  constructor(from: Socket, to: Socket, clock: Clock) {
    this.#from = from
    this.#to = to
    this.#clock = clock
    from.on('data', (bytes: Buffer) => this.#enter({ bytes, dueAt: this.#dueAt() }))
    from.on('end', () => this.#enter({ end: 'fin', dueAt: this.#dueAt() }))
    // A side that broke is passed on as broken, though it may have ended its own half before.
    from.on('error', () => {
      if (this.#end === 'fin') this.#finish('rst')
      else this.#enter({ end: 'rst', dueAt: this.#dueAt() })
    })
    from.resume()
  }

  /** Bytes given to the network. */
  get passed(): number {
    return this.#passed
  }

  /** Bytes in memory, of ours and of Node. */
  get held(): number {
    return this.#queuedBytes + this.#writing + this.#from.readableLength
  }

  /** Calls once `bytes` more have passed, and before the next one does. */
  mark(bytes: number, run: () => void): void {
    this.#marks.push({ at: this.#passed + bytes, run })
    this.#marks.sort((one, other) => one.at - other.at)
    this.#pump()
  }

  clearMarks(): void {
    this.#marks = []
  }

  setDelay(milliseconds: number): void {
    this.#delay = milliseconds
  }

  /** @param bytesPerSecond 0: no limit */
  setThrottle(bytesPerSecond: number): void {
    this.#rate = bytesPerSecond === 0 ? undefined : new ByteRate(bytesPerSecond, this.#clock)
    this.#pump()
  }

  setStalled(isStalled: boolean): void {
    this.#isStalled = isStalled
    this.#pump()
  }

  /** Passes nothing any more. What still comes is read and forgotten. */
  stop(): void {
    this.#isStopped = true
    this.#end = undefined
    this.#queue = []
    this.#queuedBytes = 0
    this.#marks = []
    this.#wake()
    this.#from.resume()
  }

  #dueAt(): number {
    return this.#clock.now() + this.#delay
  }

  #enter(piece: Piece): void {
    if (this.#isStopped) return
    this.#queue.push(piece)
    this.#queuedBytes += piece.bytes?.length ?? 0
    this.#pump()
    this.#balance()
  }

  /** Reads on only while there is room, so that the sender feels how slowly the receiver takes. */
  #balance(): void {
    if (this.#isStopped) return
    const isFull = this.#queuedBytes + this.#writing >= FULL_BYTES
    if (isFull !== this.#from.isPaused()) isFull ? this.#from.pause() : this.#from.resume()
  }

  #wake(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #sleep(milliseconds: number): void {
    this.#wake()
    this.#cancelTimer = this.#clock.after(milliseconds, () => {
      this.#cancelTimer = undefined
      this.#pump()
    })
  }

  #pump(): void {
    this.#wake()
    while (!this.#isStopped && !this.#isStalled && this.#writing === 0) {
      // What nobody can take any more stays here; the other pipe ends the line.
      if (this.#to.destroyed) return
      if (this.#marks[0]?.at === this.#passed) {
        this.#marks.shift()!.run()
        continue
      }
      const piece = this.#queue[0]
      if (piece === undefined) return
      const early = piece.dueAt - this.#clock.now()
      if (early > 0) return this.#sleep(early)
      if (piece.bytes === undefined) return this.#finish(piece.end!)
      const wanted = Math.min(piece.bytes.length, (this.#marks[0]?.at ?? Infinity) - this.#passed)
      const allowed = this.#rate === undefined ? wanted : this.#rate.take(wanted)
      if (allowed === 0) return this.#sleep(this.#rate!.waitMs(wanted))
      this.#write(piece, piece.bytes, allowed)
    }
  }

  #write(piece: Piece, bytes: Buffer, count: number): void {
    const rest = bytes.subarray(count)
    if (rest.length === 0) this.#queue.shift()
    else this.#queue[0] = { ...piece, bytes: rest }
    this.#queuedBytes -= count
    this.#passed += count
    this.#writing = count
    this.#to.write(bytes.subarray(0, count), () => {
      // With an error too: the receiver is gone then, and its own `error` tells the other pipe.
      this.#writing = 0
      this.#pump()
      this.#balance()
    })
  }

  #finish(end: End): void {
    this.stop()
    this.#end = end
    if (end === 'fin') this.#to.end()
    else resetNow(this.#to)
  }
}
