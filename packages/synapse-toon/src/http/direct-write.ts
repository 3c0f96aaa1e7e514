import type { Socket } from 'node:net'
import { platform } from './node-platform.ts'

// Past the buffer that a socket has for what cannot be sent yet, to what the system takes at once, as it
// nearly always does: keeping the buffer's books for each write takes longer than our own work for an
// event, and so does the request that Node makes of each, which is told of the end of a write that the
// system did not take at once. Of those that it did, nobody asks it anything, so one serves all of them.

/**
 * @param data text of ASCII, or bytes
 * @returns whether the system took all; else the rest is on its way, and goes before later writes
 */
export type DirectWrite = (socket: Socket, data: string | Uint8Array) => boolean

/**
 * How to write to a socket while its own buffer is empty. Undefined where that is not safe: over TLS a
 * write must be over before the next one begins; and whoever has put a `_write` of their own before
 * Node's wants to see what passes.
 */
export function directWriteOf(socket: Socket): DirectWrite | undefined {
  if (socket._write !== platform?.passBuffer || 'encrypted' in socket) return undefined
  if (WriteWrap === undefined) {
    WriteWrap = findWriteWrap() ?? null
    if (WriteWrap !== null) spare = new WriteWrap()
  }
  const name = (socket as WithHandle)._handle?.constructor.name
  const isKnown = WriteWrap !== null && (name === 'TCP' || name === 'Pipe')
  return isKnown ? writeToHandle : writeBySocket
}

/** Of the write that is being made: whether it was over before it returned. */
let isOver = false
let failure: Error | null | undefined

/** One for all writes: one of each socket would have to be fetched into the processor's cache. */
function onOver(error?: Error | null): void {
  isOver = true
  failure = error
}

/** By what a socket hands its writes to once its buffer's turn has come: as in any release of Node. */
function writeBySocket(socket: Socket, data: string | Uint8Array): boolean {
  if (!socket.writable) return true
  isOver = false
  failure = undefined
  // What Node itself calls bytes here, and no type of its own.
  const encoding = typeof data === 'string' ? 'latin1' : ('buffer' as BufferEncoding)
  socket._write(data, encoding, onOver)
  if (failure) socket.destroy(failure)
  return isOver
}

/**
 * What the socket hands its writes to in turn: `LibuvStreamWrap` in Node's source. Documented nowhere,
 * so only used where it was tried.
 */
interface Handle {
  /** Bytes that it was handed and the system has not taken. */
  readonly writeQueueSize: number
  /** @returns 0; or the number of an error, and nothing is written */
  writeLatin1String(request: WriteRequest, text: string): number | undefined
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number | undefined
}

interface WriteRequest {
  /** Called when the system has taken what it did not take at once; `status` below 0: it never will. */
  oncomplete?: (status: number) => void
  /** Kept for as long as it is read. */
  buffer?: unknown
}

type WithHandle = Socket & { _handle?: Handle | null }

/** Releases of Node that make a request of each write. From 26 on they make none that is not needed. */
const WITH_REQUESTS = { from: 20, to: 25 }

/** Node's class of requests; null where it is not known. */
let WriteWrap: (new () => WriteRequest) | null | undefined
/** The one that serves all writes. */
let spare: WriteRequest

/** Node does not export it: a write that goes nowhere shows one. */
function findWriteWrap(): typeof WriteWrap {
  const { major, Socket } = platform!
  if (major < WITH_REQUESTS.from || major > WITH_REQUESTS.to) return undefined
  let found: typeof WriteWrap
  try {
    const probe: WithHandle = new Socket()
    const take = (made: WriteRequest) => {
      found = made.constructor as new () => WriteRequest
      return 0
    }
    probe._handle = { writeLatin1String: take, writeBuffer: take, writeQueueSize: 0 }
    probe._write('-', 'latin1', () => {})
    probe._handle = null
  } catch {
    // Made in another way than in the releases that were tried.
  }
  return found?.name === 'WriteWrap' ? found : undefined
}

function writeToHandle(socket: Socket, data: string | Uint8Array): boolean {
  // Whoever has the socket watch for silence is to see each write.
  if (socket.timeout) return writeBySocket(socket, data)
  const handle = (socket as WithHandle)._handle
  if (!handle) return true
  const error =
    typeof data === 'string'
      ? handle.writeLatin1String(spare, data)
      : handle.writeBuffer(spare, data)
  if (error !== 0) {
    if (error !== undefined && socket.writable) socket.destroy(systemError(error))
    return true
  }
  if (handle.writeQueueSize === 0) return true
  const busy = spare
  spare = new WriteWrap!()
  busy.buffer = data
  busy.oncomplete = (status) => {
    if (status < 0) socket.destroy(systemError(status))
  }
  return false
}

/** As Node makes it of what a system call gives. */
function systemError(errno: number): Error {
  const code = platform!.getSystemErrorName(errno)
  return Object.assign(new Error(`write ${code}`), { errno, code, syscall: 'write' })
}
