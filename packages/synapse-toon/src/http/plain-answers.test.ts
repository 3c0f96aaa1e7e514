import { describe, expect, it, vi } from 'vitest'
import { listenToWarnings } from '../../test/process-events.ts'
import { requestView } from '../../test/request-views.ts'
import { RefusedError, SynapseToonError } from '../errors.ts'
import { END_TEXTS, type EndReason } from '../stream/end-reason.ts'
import type { StreamSummary } from '../stream/observer.ts'
import { resolveOptions } from '../stream/resolve-options.ts'
import type { StreamOptions } from '../stream/settings.ts'
import type { PlainAnswer } from '../stream/sink.ts'
import { decodePayload } from '../wire/decode-payload.ts'
import { InvalidEventIdError } from '../wire/event-id.ts'
import { UnknownEncodingError } from '../wire/payload-encoding.ts'
import { ClosingError, NotAcceptableError, StreamNotFoundError } from './http-errors.ts'
import {
  documentAnswer,
  earlyFailure,
  internalFailure,
  isCrossOrigin,
  nothingMore,
  payloadAnswer,
  refusal,
} from './plain-answers.ts'

const EXPOSE = 'Access-Control-Expose-Headers'
const plain = requestView()
const crossOrigin = requestView({ origin: 'https://elsewhere.example' })

const header = (answer: PlainAnswer, name: string) =>
  answer.headers.find(([key]) => key === name)?.[1]
const body = (answer: PlainAnswer) => JSON.parse(answer.body) as unknown

function failed(reason: EndReason, error: unknown, options: StreamOptions = {}, request = plain) {
  const summary = { reason, error } as StreamSummary
  const answer = earlyFailure(request, summary, resolveOptions(options))
  if (answer instanceof Promise) throw new Error('a fallback that is no promise answers at once')
  return answer
}

describe('nothingMore', () => {
  it('is a 204 that is not kept by any cache, and says how the stream ended', () => {
    expect(nothingMore(plain, 'complete')).toEqual({
      status: 204,
      headers: [
        ['Cache-Control', 'no-store'],
        ['X-Synapse-TOON-End', 'complete'],
      ],
      body: '',
    })
  })
})

describe('refusal', () => {
  it.each<[SynapseToonError, number, string]>([
    [new NotAcceptableError('Accept', 'text/html'), 406, 'ERR_SYNAPSE_NOT_ACCEPTABLE'],
    [new StreamNotFoundError(), 404, 'ERR_SYNAPSE_STREAM_NOT_FOUND'],
    [new ClosingError(), 503, 'ERR_SYNAPSE_SHUTDOWN'],
    [new InvalidEventIdError('x'), 400, 'ERR_SYNAPSE_INVALID_EVENT_ID'],
    [new UnknownEncodingError('gzip'), 400, 'ERR_SYNAPSE_UNKNOWN_ENCODING'],
    [new RefusedError('ERR_MINE', 402, 'pay first'), 402, 'ERR_MINE'],
  ])('answers %s with its status, message and code, never cached', (error, status, code) => {
    const answer = refusal(plain, error)!
    expect(answer.status).toBe(status)
    expect(body(answer)).toEqual({ error: error.message, code })
    expect(header(answer, 'Content-Type')).toBe('application/json')
    expect(header(answer, 'Cache-Control')).toBe('no-store')
  })

  it('says when to try again where the error does', () => {
    expect(header(refusal(plain, new ClosingError())!, 'Retry-After')).toBe('5')
    expect(header(refusal(plain, new StreamNotFoundError())!, 'Retry-After')).toBeUndefined()
  })

  it.each<[string, unknown]>([
    ['an error of another kind', new Error('password=hunter2')],
    ['one of ours that is a bug on the server', new SynapseToonError('ERR_OTHER', 'x')],
    ['a string', 'x'],
  ])('has no answer to %s', (_what, error) => {
    expect(refusal(plain, error)).toBeUndefined()
  })
})

describe('earlyFailure', () => {
  it.each(Object.entries(END_TEXTS))('answers %s with its status and text', (reason, text) => {
    const secret = new Error('sk-secret')
    const answer = failed(reason as EndReason, secret)
    expect(answer.status).toBe(text.status)
    expect(body(answer)).toMatchObject({ error: text.message })
    expect(answer.body).not.toContain('sk-secret')
  })

  it('is the {"error":"Stream failed"} of the seed for a source that failed', () => {
    const answer = failed('source-error', new Error('x'))
    expect(answer).toMatchObject({ status: 500, body: '{"error":"Stream failed"}' })
  })

  it('keeps 429 and Retry-After of the upstream', () => {
    const answer = failed('source-error', { status: 429, headers: { 'retry-after': '7' } })
    expect(answer.status).toBe(429)
    expect(body(answer)).toEqual({ error: 'Rate limited' })
    expect(header(answer, 'Retry-After')).toBe('7')
    const without = failed('source-error', { status: 429 })
    expect(header(without, 'Retry-After')).toBeUndefined()
  })

  it.each([400, 401, 404, 500, 503])(
    "does not pass on the upstream's %i, which is no status of ours",
    (status) => {
      expect(failed('source-error', { status }).status).toBe(500)
    },
  )

  it('shows what exposeError says, of 500 and of 429', () => {
    const options = { exposeError: (error: unknown) => `Sorry, ${(error as Error).message}` }
    expect(body(failed('source-error', new Error('busy'), options))).toEqual({
      error: 'Sorry, busy',
    })
    const limited = Object.assign(new Error('slow down'), { status: 429 })
    expect(body(failed('source-error', limited, options))).toEqual({ error: 'Sorry, slow down' })
  })

  it("sends the fallback's payload, by the seed with 200", () => {
    const fallback = vi.fn(() => ({ error: 'Rate limited, using standard response' }))
    const error = { status: 429 }
    const answer = failed('source-error', error, { fallback })
    expect(fallback).toHaveBeenCalledExactlyOnceWith(error)
    expect(answer.status).toBe(200)
    expect(body(answer)).toEqual({ error: 'Rate limited, using standard response' })
  })

  it('sends it with fallbackStatus, and as TOON to a client that asks for that', () => {
    const options = { fallback: () => ({ busy: true }), fallbackStatus: 503 }
    const request = requestView({ accept: 'application/x-synapse-toon' })
    const answer = failed('source-error', new Error('x'), options, request)
    expect(answer.status).toBe(503)
    expect(header(answer, 'Content-Type')).toBe('application/x-synapse-toon')
    expect(decodePayload(answer.body, 'toon')).toEqual({ busy: true })
  })

  it('asks the fallback about deadlines too, and goes on when it has nothing to say', () => {
    const fallback = vi.fn(() => undefined)
    expect(failed('first-chunk-timeout', undefined, { fallback }).status).toBe(504)
    expect(fallback).toHaveBeenCalledOnce()
  })

  it('takes null, false and "" of the fallback for payloads', () => {
    for (const payload of [null, false, '']) {
      const answer = failed('source-error', new Error('x'), { fallback: () => payload })
      expect(answer).toMatchObject({ status: 200, body: JSON.stringify(payload) })
    }
  })

  const bug = () => {
    throw new Error('bug in a callback')
  }
  it.each<[string, StreamOptions]>([
    ['fallback throws', { fallback: bug }],
    ['fallback gives what JSON can not hold', { fallback: () => ({ n: 1n }) }],
    ['exposeError throws', { exposeError: bug as () => string }],
  ])('is still an answer, with a warning, when %s', async (_what, options) => {
    const warnings = listenToWarnings()
    const answer = failed('source-error', new Error('x'), options)
    expect(answer).toMatchObject({ status: 500, body: '{"error":"Stream failed"}' })
    expect(await warnings()).toHaveLength(1)
  })

  it('is asked of failures only', () => {
    expect(() => failed('complete', undefined)).toThrow('complete is not a failure')
  })
})

describe('payloadAnswer', () => {
  it('is JSON, with the headers of the caller', () => {
    expect(payloadAnswer(plain, { a: 1 }, 201, [['X-Mine', 'yes']])).toEqual({
      status: 201,
      headers: [
        ['Content-Type', 'application/json'],
        ['Vary', 'Accept'],
        ['X-Mine', 'yes'],
      ],
      body: '{"a":1}',
    })
  })

  it.each([
    ['application/x-synapse-toon', 'application/x-synapse-toon'],
    ['application/json, application/x-synapse-toon;q=0.9', 'application/json'],
    // Nothing that we have: an answer is better than none.
    ['text/html', 'application/json'],
    ['text/event-stream', 'application/json'],
  ])('answers Accept: %s as %s', (accept, type) => {
    const answer = payloadAnswer(requestView({ accept }), { a: 1 }, 200)
    expect(header(answer, 'Content-Type')).toBe(type)
  })

  it('throws on a payload that JSON can not hold', () => {
    expect(() => payloadAnswer(plain, 1n, 200)).toThrow(
      expect.objectContaining({ code: 'ERR_SYNAPSE_PAYLOAD' }),
    )
  })
})

describe('documentAnswer', () => {
  it('is the JSON as it is, or TOON of it', () => {
    expect(documentAnswer(plain, '{"a":1}', 200, false).body).toBe('{"a":1}')
    expect(documentAnswer(plain, '{"a":1}', 200, true).body).toBe('a: 1')
  })
})

describe('every answer', () => {
  it.each<[string, (request: typeof plain) => PlainAnswer]>([
    ['204', (request) => nothingMore(request, 'complete')],
    ['a refusal', (request) => refusal(request, new StreamNotFoundError())!],
    ['an internal failure', internalFailure],
    ['an early failure', (request) => failed('deadline', undefined, {}, request)],
    ['a payload', (request) => payloadAnswer(request, 1, 200)],
    ['a document', (request) => documentAnswer(request, '1', 200, false)],
  ])(
    'of %s exposes our headers to a script of another origin, and to no one else',
    (_what, make) => {
      expect(header(make(crossOrigin), EXPOSE)).toContain('X-Synapse-TOON-Stream')
      expect(header(make(crossOrigin), EXPOSE)).toContain('Retry-After')
      expect(header(make(plain), EXPOSE)).toBeUndefined()
      expect(isCrossOrigin(crossOrigin)).toBe(true)
      expect(isCrossOrigin(plain)).toBe(false)
    },
  )
})
