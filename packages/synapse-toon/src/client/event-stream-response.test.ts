import { describe, expect, it } from 'vitest'
import { isEventStream } from './event-stream-response.ts'

function response(contentType: string | undefined, status = 200): Response {
  return new Response('', {
    status,
    ...(contentType !== undefined && { headers: { 'Content-Type': contentType } }),
  })
}

describe('isEventStream', () => {
  it.each([
    'text/event-stream',
    'TEXT/Event-Stream',
    'text/event-stream; charset=utf-8',
    'text/event-stream;charset=windows-1251',
    'text/event-stream ;x=y',
    'text/event-stream;',
    'text/event-stream;x="a, b; text/html"',
    'text/html, text/event-stream',
  ])('is true for %j, by its essence', (contentType) => {
    expect(isEventStream(response(contentType))).toBe(true)
  })

  it.each([
    'text/event-stream-x',
    'text/event-streamx;a=b',
    'xtext/event-stream',
    'text/event-stream charset=utf-8',
    'text/x-bogus',
    'text/html; x=text/event-stream',
    'text/event-stream, text/html',
    'text/event-stream;a=b, text/html',
    'application/json',
    '',
  ])('is false for %j', (contentType) => {
    expect(isEventStream(response(contentType))).toBe(false)
  })

  it('is false without a type, and for any status but 200', () => {
    const untyped = response('x/y')
    untyped.headers.delete('content-type')
    expect(isEventStream(untyped)).toBe(false)
    for (const status of [201, 202, 206, 210, 299, 404, 500]) {
      expect(isEventStream(response('text/event-stream', status))).toBe(false)
    }
  })
})
