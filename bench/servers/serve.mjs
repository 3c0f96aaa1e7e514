// What every server here has in common: it tells its port, and answers what the harness asks.
import { createServer } from 'node:http'
import { source } from '../workload.mjs'
import { countFirstWrites, firstWriteUs } from './first-write.mjs'

/** Connections that may wait to be accepted: the load client opens up to 256 at once. */
export const BACKLOG = 4096

const answers = {
  cpu: () => process.cpuUsage(),
  memory() {
    // Twice: what the first one frees may hold others until then.
    globalThis.gc?.()
    globalThis.gc?.()
    return process.memoryUsage()
  },
  resident: () => process.memoryUsage.rss(),
  source: () => ({ ...source }),
  stop() {
    source.stopped = true
    return { ...source }
  },
  watchFirstWrites: countFirstWrites,
  firstWrites: firstWriteUs,
}

/** @param {(req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse) => unknown} handler */
export function serve(handler) {
  const server = createServer(handler)
  server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () =>
    announce(server.address().port),
  )
}

/** For frameworks that listen themselves. */
export function announce(port) {
  process.on('message', (question) => process.send({ answer: answers[question]() ?? null }))
  process.on('disconnect', () => process.exit())
  process.send({ answer: { port } })
}

// A client that is killed in mid-stream is part of the measures; some peers let its error through.
process.on('uncaughtException', (error) => {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return
  console.error(error)
  process.exit(1)
})
