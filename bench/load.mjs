// The reading side: raw sockets, so that the client costs little and counts what really came.
import { connect } from 'node:net'

const EVENT = Buffer.from('event: update')
const END = Buffer.from('event: done')

/** Longest time for one round, in ms: a server that hangs fails instead of waiting for ever. */
const LIMIT_MS = 30_000

/**
 * Opens the connections, reads all streams to their end.
 *
 * @returns {Promise<number>} events that came
 */
export async function load({ port, connections, mode, events }) {
  const counts = await Promise.all(
    Array.from({ length: connections }, () => readOne(port, `/?mode=${mode}&events=${events}`)),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

function readOne(port, path) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`)
    })
    const timer = setTimeout(
      () => socket.destroy(new Error(`no end after ${LIMIT_MS} ms`)),
      LIMIT_MS,
    )
    let count = 0
    /** The end of what came before: a mark may be cut in two. */
    let rest = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let at = bytes.indexOf(EVENT)
      let after = 0
      while (at !== -1) {
        count++
        after = at + EVENT.length
        at = bytes.indexOf(EVENT, after)
      }
      if (bytes.includes(END)) return socket.destroy()
      rest = bytes.subarray(Math.max(after, bytes.length - EVENT.length + 1))
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(count)
    })
  })
}
