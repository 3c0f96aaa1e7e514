import { HEADER_ENCODING } from '../wire/headers.ts'
import { type PayloadEncoding, parsePayloadEncoding } from '../wire/payload-encoding.ts'
import { type AnswerFormat, negotiateFormat } from './accept.ts'
import { NotAcceptableError } from './http-errors.ts'
import type { RequestView } from './request-view.ts'

/** What a client asks of a stream. */
export interface Ask {
  readonly format: AnswerFormat
  readonly encoding: PayloadEncoding
  /** As sent; undefined when there is none or it is empty, which means the same [spec §9.2.4]. */
  readonly lastEventId: string | undefined
}

/**
 * Reads what the client asks for, from headers or, for a native EventSource that cannot set any,
 * from the query. A header counts more than the query: it is what an EventSource sends when it
 * comes back to an address whose query names an older event.
 *
 * @throws {UnknownEncodingError}
 * @throws {NotAcceptableError}
 */
export function readAsk(request: RequestView): Ask {
  const encoding = request.header(HEADER_ENCODING.toLowerCase()) ?? request.query('encoding')
  const format = negotiateFormat(request.header('accept'))
  if (format === undefined) throw new NotAcceptableError('Accept', request.header('accept')!)
  return {
    encoding: encoding === undefined ? 'json' : parsePayloadEncoding(encoding),
    format,
    lastEventId: (request.header('last-event-id') ?? request.query('lastEventId')) || undefined,
  }
}
