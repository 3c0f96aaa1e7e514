// What every server here has in common: it tells its port, and its processor time when asked.
import { createServer } from 'node:http'

/** @param {(req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse) => unknown} handler */
export function serve(handler) {
  const server = createServer(handler)
  server.listen(0, '127.0.0.1', 1024, () => process.send({ port: server.address().port }))
  process.on('message', () => process.send({ cpu: process.cpuUsage() }))
  process.on('disconnect', () => process.exit())
}
