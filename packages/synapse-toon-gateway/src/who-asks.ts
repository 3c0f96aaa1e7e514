import type { FastifyRequest } from 'fastify'
import type { PrincipalOf, SynapseToonOptions } from 'synapse-toon'

/** Who asks a request, and the same for the library, which finds it in a request by itself. */
export interface WhoAsks {
  readonly option: SynapseToonOptions['principal']
  /** Undefined: nobody in particular. */
  of(request: FastifyRequest): Promise<string | undefined>
}

/** @param header in which a proxy says who asks */
export function createWhoAsks(
  given: SynapseToonOptions['principal'],
  header: string | undefined,
): WhoAsks {
  const option = given ?? (header === undefined ? undefined : fromHeader(header))
  return {
    option,
    async of(request) {
      if (typeof option !== 'function') return option
      return (await option(requesterOf(request))) || undefined
    },
  }
}

function fromHeader(header: string): PrincipalOf {
  const name = header.toLowerCase()
  return (request) => request.header(name)
}

function requesterOf({ raw, headers, query }: FastifyRequest): Parameters<PrincipalOf>[0] {
  return {
    method: raw.method ?? 'GET',
    address: raw.socket.remoteAddress,
    header(name) {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
    query(name) {
      const value = (query as Record<string, string | string[] | undefined>)[name]
      return Array.isArray(value) ? value[0] : value
    },
  }
}
