import { describe, expect, it } from 'vitest'
import { crossOriginHeaders, type StreamHeadersInput, streamHeaders } from './headers.ts'

const STREAM = '5f0c7a52-91d3-8e14-b0a6'

function headersOf(overrides: Partial<StreamHeadersInput> = {}): [string, string][] {
  return streamHeaders({
    streamId: STREAM,
    encoding: 'json',
    keepAlive: true,
    crossOrigin: false,
    ...overrides,
  })
}

const namesOf = (headers: [string, string][]) => headers.map(([name]) => name)

describe('streamHeaders', () => {
  it("begins with the seed's five headers, in its order and spelling", () => {
    expect(headersOf().slice(0, 5)).toEqual([
      ['Content-Type', 'text/event-stream'],
      ['Cache-Control', 'no-cache, no-transform'],
      ['X-Accel-Buffering', 'no'],
      ['X-Synapse-TOON-Format', 'streaming'],
      ['Connection', 'keep-alive'],
    ])
  })

  it('adds ours after them', () => {
    expect(headersOf().slice(5)).toEqual([
      ['X-Synapse-TOON-Encoding', 'json'],
      ['X-Synapse-TOON-Stream', STREAM],
      ['Vary', 'Accept, Accept-Encoding, X-Synapse-TOON-Encoding'],
    ])
  })

  // HTTP/2 forbids the field [RFC 9113 §8.2.2]; on HTTP/1.1 the client may have asked for `close`.
  it('has no Connection where the line is not kept alive, and is the same otherwise', () => {
    const kept = headersOf({ keepAlive: true, crossOrigin: true, location: '/streams/1' })
    const http2 = headersOf({ keepAlive: false, crossOrigin: true, location: '/streams/1' })
    expect(namesOf(http2)).not.toContain('Connection')
    expect(http2).toEqual(kept.filter(([name]) => name !== 'Connection'))
  })

  it('names the encoding that was negotiated', () => {
    expect(headersOf({ encoding: 'br' })).toContainEqual(['X-Synapse-TOON-Encoding', 'br'])
  })

  it('says where the stream lives only when the application serves such an address', () => {
    const location = `/chat/streams/${STREAM}`
    expect(headersOf({ location })).toContainEqual(['Content-Location', location])
    expect(namesOf(headersOf())).not.toContain('Content-Location')
  })

  it('lets a script of another origin read each header of ours', () => {
    const expected = [
      'Access-Control-Expose-Headers',
      'X-Synapse-TOON-Format, X-Synapse-TOON-Encoding, X-Synapse-TOON-Stream, X-Synapse-TOON-End, Content-Location, Retry-After, RateLimit, RateLimit-Policy',
    ]
    expect(headersOf({ crossOrigin: true })).toContainEqual(expected)
    expect(namesOf(headersOf({ crossOrigin: false }))).not.toContain(expected[0])
  })

  it('names each header once', () => {
    const names = namesOf(headersOf({ crossOrigin: true, location: '/x' }))
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
  })

  it('gives a new list each time, so that a caller may add to it', () => {
    headersOf().push(['X-Mine', '1'])
    expect(namesOf(headersOf())).not.toContain('X-Mine')
  })
})

describe('crossOriginHeaders', () => {
  it('adds nothing for a request of the same origin', () => {
    expect(crossOriginHeaders(false)).toEqual([])
  })

  it('exposes our headers to another origin on any answer', () => {
    expect(namesOf(crossOriginHeaders(true))).toEqual(['Access-Control-Expose-Headers'])
  })
})
