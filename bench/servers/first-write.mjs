// Sees when the first byte of a body reaches a socket, under whatever a library has put above it.
import { Socket } from 'node:net'
import { watchFirstChunk } from '../workload.mjs'

const times = []
let yieldedAt = 0

/** The source's first chunk and the socket's write of it, one stream at a time. */
export function countFirstWrites() {
  watchFirstChunk(() => {
    yieldedAt = performance.now()
  })
  for (const name of ['_write', '_writev']) {
    const write = Socket.prototype[name]
    Socket.prototype[name] = function (data, ...rest) {
      if (yieldedAt > 0 && holdsEvent(data)) {
        times.push((performance.now() - yieldedAt) * 1000)
        yieldedAt = 0
      }
      return write.call(this, data, ...rest)
    }
  }
}

/** @returns microseconds, one for each stream since the last call */
export function firstWriteUs() {
  return times.splice(0)
}

/** A text, bytes, or what `_writev` is given. The headers alone are no event. */
function holdsEvent(data) {
  if (Array.isArray(data)) return data.some(({ chunk }) => holdsEvent(chunk))
  return data.includes('"t":')
}
