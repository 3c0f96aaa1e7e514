import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LimitExceededError, RefusedError } from 'synapse-toon'

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** Gives every answer that is an error the same form: `{ "error": text }`. */
export function setErrorAnswers(app: FastifyInstance): void {
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    const { method } = request
    const error = `${method} ${pathOf(request)} does not exist; see GET / and GET /healthz`
    return reply.code(404).send({ error })
  })
}

/** For errors that come before there is a route: an address that cannot be decoded. */
export function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const status = statusOf(error)
  // The message of a client's mistake may repeat what the client sent, so it is not logged.
  const fields = { method: request.method, path: pathOf(request), status, code: error.code }
  if (status < 500 || error instanceof RefusedError) {
    request.log.info(fields, 'request refused')
    return answerRefusal(error, reply.code(status))
  }
  // Not what else hangs on it: the error of a store may hold what was to be stored.
  const { name, message, stack } = error
  request.log.error({ ...fields, err: { name, message, stack } }, 'request failed')
  return reply.code(status).send({ error: 'Internal error; the log of the gateway says more' })
}

function statusOf(error: FastifyError | RefusedError): number {
  return error instanceof RefusedError ? error.status : (error.statusCode ?? 500)
}

/** What the library refuses, in the form in which it answers by itself. */
function answerRefusal(error: FastifyError | RefusedError, reply: FastifyReply): FastifyReply {
  if (!(error instanceof RefusedError)) return reply.send({ error: error.message })
  const { message, code, retryAfter, fields } = error
  if (retryAfter !== undefined) reply.header('Retry-After', String(retryAfter))
  for (const [name, value] of fields) reply.header(name, value)
  const limit = error instanceof LimitExceededError ? error.limit : undefined
  return reply.header('Cache-Control', 'no-store').send({ error: message, code, limit })
}

/** For bytes that are no request: there is only a socket then. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const [status, text] = clientProblem(error.code)
  const body = JSON.stringify({ error: text })
  socket.end(
    [
      `HTTP/1.1 ${status} ${REASONS[status]}`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  )
}

function clientProblem(code: string | undefined): readonly [number, string] {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return [431, 'address and headers are too long; send a long message with POST /chat/stream']
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'the request did not come in time']
  return [400, 'this is no HTTP request; see RFC 9112']
}

/** Without the query, which holds what people ask. */
function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]!
}
