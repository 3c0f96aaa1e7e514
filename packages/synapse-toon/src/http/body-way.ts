import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How a body is told from what follows it [RFC 9112 §6]: both can be written by us. */
export type Framing = 'chunked' | 'until-close'

/**
 * Why a body goes through the response's own `write`:
 *
 * - `http2`: what is written to its socket is frames of all streams
 * - `runtime`: not Node, only something that offers `node:http`
 * - `wrapped`: middleware or a subclass has its own `write`, and is to see what passes
 * - `queued`: a pipelined request before this one is not answered yet; the socket is another's
 * - `foreign-socket`: whoever served this request watches the socket's `write`
 * - `no-body`: HEAD, or a status that has none; the response drops what is written
 * - `framing`: a length or a coding that someone else has set and may count
 */
export type PlainReason =
  | 'http2'
  | 'runtime'
  | 'wrapped'
  | 'queued'
  | 'foreign-socket'
  | 'no-body'
  | 'framing'

/** What Node has made; undefined where `node:http` is imitated, whose sockets do not carry HTTP. */
const platform = findPlatform()

function findPlatform() {
  const { process } = globalThis
  // Not imported: the library also runs where there is no `node:http`.
  if (process?.versions?.bun !== undefined || process?.versions?.deno !== undefined)
    return undefined
  const http = process?.getBuiltinModule?.('node:http')
  const net = process?.getBuiltinModule?.('node:net')
  if (http === undefined || net === undefined) return undefined
  return {
    writeToResponse: http.OutgoingMessage.prototype.write,
    writeToSocket: net.Socket.prototype.write,
    passBuffer: net.Socket.prototype._write,
  }
}

/**
 * Decides once for each response, after its headers were sent, whether its body may go straight to
 * the socket. It may only where nobody can tell the difference: the response then knows its headers
 * and its end, and nothing of what lies between.
 */
export function bodyWay(response: ServerResponse): Framing | PlainReason {
  if ('stream' in response) return 'http2'
  if (platform === undefined) return 'runtime'
  if (response.write !== platform.writeToResponse) return 'wrapped'
  const { socket } = response
  if (socket === null) return 'queued'
  if (socket.write !== platform.writeToSocket) return 'foreign-socket'
  if (response.req.method === 'HEAD' || response.statusCode !== 200) return 'no-body'
  if (response.chunkedEncoding) return 'chunked'
  // [RFC 9112 §6.3] what HTTP/1.0 does, and with it proxies that speak it: the end of the line is
  // the end of the body.
  const isOld = !response.useChunkedEncodingByDefault
  return isOld && !response.hasHeader('content-length') ? 'until-close' : 'framing'
}

/**
 * Whether a socket's own buffer may be passed by, by `socket._write`, while it is empty: what Node's
 * sockets of TCP and pipes are handed goes to the kernel in that order. Of TLS, a write must be over
 * before the next one begins.
 */
export function canPassBuffer(socket: Socket): boolean {
  return socket._write === platform?.passBuffer && !('encrypted' in socket)
}
