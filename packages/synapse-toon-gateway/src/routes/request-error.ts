/** A request that cannot be served; Fastify reads `statusCode`, the client reads the message. */
export class RequestError extends Error {
  readonly code = 'ERR_GATEWAY_REQUEST'
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.name = 'RequestError'
    this.statusCode = statusCode
  }
}
