import type { Socket } from 'node:net'

/** Ends a line as a crash does: the other side gets a reset, and what was not sent yet is lost. */
export function resetNow(socket: Socket): void {
  // Between the end of our half and its coming into effect, libuv refuses a reset, and Node then
  // never emits `close`.
  const isEnding = socket.writableEnded && socket.writableLength === 0 && !socket.writableFinished
  if (isEnding) socket.destroy()
  else if (!socket.destroyed) socket.resetAndDestroy()
}
