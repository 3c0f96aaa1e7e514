import type { ServerResponse } from 'node:http'
import { platform } from './node-platform.ts'

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
