// The reading side: raw sockets, so that the client costs little and counts what really came.
import { connect } from 'node:net'

const EVENT = Buffer.from('event: update')
const END = Buffer.from('event: done')

/** Longest time for one round, in ms: a server that hangs fails instead of waiting for ever. */
const LIMIT_MS = 30_000

/**
 * Opens the connections, reads all streams to their end.
 *
 * @returns {Promise<{ events: number, bytes: number, firstMs: number[], tookMs: number }>} what
 *   came; for each connection the time from its request to its first event
 */
export async function load({ port, connections, mode, events }) {
  const start = performance.now()
  const read = await Promise.all(
    Array.from({ length: connections }, () => readOne(port, `/?mode=${mode}&events=${events}`)),
  )
  const sum = (field) => read.reduce((total, one) => total + one[field], 0)
  const firstMs = read.map((one) => one.firstMs)
  return { events: sum('events'), bytes: sum('bytes'), firstMs, tookMs: performance.now() - start }
}

function readOne(port, path) {
  return new Promise((resolve, reject) => {
    let askedAt = 0
    const socket = connect(port, '127.0.0.1', () => {
      askedAt = performance.now()
      socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`)
    })
    const timer = setTimeout(
      () => socket.destroy(new Error(`no end after ${LIMIT_MS} ms`)),
      LIMIT_MS,
    )
    const result = { events: 0, bytes: 0, firstMs: Number.POSITIVE_INFINITY }
    /** The end of what came before: a mark may be cut in two. */
    let rest = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      result.bytes += chunk.length
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let at = bytes.indexOf(EVENT)
      let after = 0
      if (at !== -1 && result.events === 0) result.firstMs = performance.now() - askedAt
      while (at !== -1) {
        result.events++
        after = at + EVENT.length
        at = bytes.indexOf(EVENT, after)
      }
      if (bytes.includes(END)) return socket.destroy()
      rest = bytes.subarray(Math.max(after, bytes.length - EVENT.length + 1))
    })
    socket.on('error', reject)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(result)
    })
  })
}
