import { RefusedError, SynapseToonError } from '../errors.ts'
import { LimitExceededError } from '../limits/limit-error.ts'
import type { MaybePromise } from '../log/log.ts'
import { END_TEXTS, type EndReason, isDone } from '../stream/end-reason.ts'
import type { StreamSummary } from '../stream/observer.ts'
import type { Settings } from '../stream/settings.ts'
import type { PlainAnswer } from '../stream/sink.ts'
import { isPromiseLike } from '../stream/source.ts'
import { exposedText } from '../stream/terminal-record.ts'
import { isRateLimited, upstreamRetryAfter } from '../stream/upstream-error.ts'
import { encodePayload } from '../wire/encode-payload.ts'
import { InvalidEventIdError } from '../wire/event-id.ts'
import {
  crossOriginHeaders,
  HEADER_END,
  MEDIA_TYPE_JSON,
  MEDIA_TYPE_TOON,
} from '../wire/headers.ts'
import { UnknownEncodingError } from '../wire/payload-encoding.ts'
import { payloadToJson } from '../wire/payload-json.ts'
import { negotiateFormat } from './accept.ts'
import type { RequestView } from './request-view.ts'

type Headers = readonly (readonly [string, string])[]

/**
 * [spec §9.2.3] the one status that ends an EventSource's reconnecting.
 *
 * @param reason how the stream ended: a client may have been cut off right before it was told
 */
export function nothingMore(request: RequestView, reason: EndReason): PlainAnswer {
  const headers: Headers = [
    ['Cache-Control', 'no-store'],
    [HEADER_END, reason],
    ...exposed(request),
  ]
  return { status: 204, headers, body: '' }
}

/**
 * What a HEAD asks for, without a stream: frameworks hand it to the handler of GET, and an LLM would
 * be asked and paid for an answer that nobody may be sent. Fields that only a stream has are left
 * out [RFC 9110 §9.3.2].
 */
export function headAnswer(request: RequestView, contentType: string): PlainAnswer {
  const headers: Headers = [
    ['Content-Type', contentType],
    ['Cache-Control', 'no-cache, no-transform'],
    ['Vary', 'Accept'],
    ...exposed(request),
  ]
  return { status: 200, headers, body: '' }
}

/** An answer whose body is `{ "error": text, … }`. Never cached. */
function errorAnswer(
  request: RequestView,
  status: number,
  body: { error: string; code?: string; limit?: string },
  retryAfter?: string,
  fields: Headers = [],
): PlainAnswer {
  const headers: [string, string][] = [
    ['Content-Type', MEDIA_TYPE_JSON],
    ['Cache-Control', 'no-store'],
  ]
  if (retryAfter !== undefined) headers.push(['Retry-After', retryAfter])
  return {
    status,
    headers: [...headers, ...fields, ...exposed(request)],
    body: JSON.stringify(body),
  }
}

/** What a request is answered that was refused, with an error of ours; undefined for any other. */
export function refusal(request: RequestView, error: unknown): PlainAnswer | undefined {
  if (!(error instanceof SynapseToonError)) return undefined
  const { message, code } = error
  const body = { error: message, code }
  const status = statusOf(error)
  if (status === undefined) return undefined
  if (!(error instanceof RefusedError)) return errorAnswer(request, status, body)
  const { retryAfter, fields } = error
  const details = error instanceof LimitExceededError ? { ...body, limit: error.limit } : body
  return errorAnswer(request, status, details, retryAfter?.toString(), fields)
}

/** The same for the observer, in values of closed sets. */
export function describeRefusal(error: unknown): {
  status: number
  code: string | undefined
  limit: string | undefined
} {
  return {
    status: statusOf(error) ?? 500,
    code: error instanceof SynapseToonError ? error.code : undefined,
    limit: error instanceof LimitExceededError ? error.limit : undefined,
  }
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof RefusedError) return error.status
  const isBadInput = error instanceof InvalidEventIdError || error instanceof UnknownEncodingError
  return isBadInput ? 400 : undefined
}

/** What a client is told of a failure that is ours: the seed's `{ "error": "Stream failed" }`. */
export function internalFailure(request: RequestView): PlainAnswer {
  return errorAnswer(request, 500, { error: END_TEXTS['source-error'].message })
}

/**
 * A stream that failed before its first payload, as a real HTTP status: the fallback's payload
 * where it gives one, else 429 with the upstream's `Retry-After`, else the status of the end reason.
 */
export function earlyFailure(
  request: RequestView,
  summary: StreamSummary,
  settings: Settings,
): MaybePromise<PlainAnswer> {
  if (!isFailed(summary)) throw new TypeError(`${summary.reason} is not a failure`)
  const answer = (fallback: unknown): PlainAnswer =>
    fallback === undefined
      ? failureAnswer(request, summary, settings)
      : payloadAnswer(request, fallback, settings.fallbackStatus)
  /** A fallback that fails has said nothing. */
  const withoutFallback = (thrown: unknown): PlainAnswer => {
    process.emitWarning(`fallback failed: ${thrown}`, { code: 'SYNAPSE_FALLBACK' })
    return answer(undefined)
  }
  try {
    const fallback = settings.fallback?.(summary.error)
    if (!isPromiseLike(fallback)) return answer(fallback)
    return Promise.resolve(fallback).then(answer).catch(withoutFallback)
  } catch (thrown) {
    return withoutFallback(thrown)
  }
}

type FailedSummary = StreamSummary & { readonly reason: keyof typeof END_TEXTS }

function isFailed(summary: StreamSummary): summary is FailedSummary {
  return !isDone(summary.reason)
}

function failureAnswer(
  request: RequestView,
  { error, reason }: FailedSummary,
  settings: Settings,
): PlainAnswer {
  const { message, status } = END_TEXTS[reason]
  if (reason !== 'source-error')
    return errorAnswer(request, status, { error: message, code: reason })
  const text = exposedText(error, settings.exposeError)
  if (!isRateLimited(error)) return errorAnswer(request, status, { error: text ?? message })
  return errorAnswer(request, 429, { error: text ?? 'Rate limited' }, upstreamRetryAfter(error))
}

/**
 * One payload as a whole answer: TOON where the client asks for it, else JSON.
 *
 * @throws {PayloadError} when JSON cannot hold the payload
 */
export function payloadAnswer(
  request: RequestView,
  payload: unknown,
  status: number,
  headers: Headers = [],
): PlainAnswer {
  const format = negotiateFormat(request.header('accept'), ['json', 'toon']) ?? 'json'
  return documentAnswer(request, payloadToJson(payload), status, format === 'toon', headers)
}

/** @param json one line of JSON */
export function documentAnswer(
  request: RequestView,
  json: string,
  status: number,
  asToon: boolean,
  headers: Headers = [],
): PlainAnswer {
  return {
    status,
    headers: [
      ['Content-Type', asToon ? MEDIA_TYPE_TOON : MEDIA_TYPE_JSON],
      ['Vary', 'Accept'],
      ...headers,
      ...exposed(request),
    ],
    body: asToon ? encodePayload(json, 'toon') : json,
  }
}

function exposed(request: RequestView): Headers {
  return crossOriginHeaders(isCrossOrigin(request))
}

export function isCrossOrigin(request: RequestView): boolean {
  return request.header('origin') !== undefined
}
