import {
  createSynapseToon,
  InvalidOptionError,
  InvalidSourceError,
  synapseToonStream,
} from 'synapse-toon'
import { collect } from 'synapse-toon/testing'
import { describe, expect, it } from 'vitest'
import { refusalOf } from './test-server.ts'

function ask(path = '', headers: Record<string, string> = {}): Request {
  return new Request(`http://localhost/chat${path}`, { headers })
}

describe('a request that cannot be met', () => {
  const refused: [string, Request, number, string[]][] = [
    [
      'an unknown encoding in the query',
      ask('?encoding=gzip'),
      400,
      ['encoding', '"gzip"', 'json, toon, base64, br'],
    ],
    [
      'an unknown encoding in the header',
      ask('', { 'x-synapse-toon-encoding': 'JSON' }),
      400,
      ['"JSON"'],
    ],
    [
      'an unacceptable Accept',
      ask('', { accept: 'text/html' }),
      406,
      ['Accept', '"text/html"', 'text/event-stream'],
    ],
    ['an Accept that forbids all', ask('', { accept: '*/*;q=0' }), 406, ['Accept']],
    [
      'a malformed Last-Event-ID',
      ask('', { 'last-event-id': 'abc' }),
      400,
      ['event id', '"abc"', 'send the last received id'],
    ],
    [
      'a foreign Last-Event-ID',
      ask('', { 'last-event-id': '5f0c7a52-91d3-4e14-b0a6-00000000002a' }),
      400,
      ['version 8'],
    ],
    [
      'an unknown stream',
      ask('', { 'last-event-id': '5f0c7a52-91d3-8e14-b0a6-00000000002a' }),
      410,
      ['5f0c7a52-91d3-8e14-b0a6', 'unknown or has expired', 'without Last-Event-ID'],
    ],
  ]
  it.each(refused)(
    '%s is refused with what to do, and starts nothing',
    async (_, request, status, words) => {
      let runs = 0
      const source = () => {
        runs++
        return [1]
      }
      const response = await synapseToonStream(source, undefined, { request })
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toBe('application/json')
      const { error } = await refusalOf(response)
      for (const word of words) expect(error).toContain(word)
      expect(runs).toBe(0)
    },
  )
})

describe('a source that cannot be streamed', () => {
  it.each([
    ['null', null, 'null'],
    ['a number', 42, '42'],
    ['a string', 'hello', 'wrap it as [text]'],
    ['a plain object', { choices: [] }, 'choices'],
    ['a promise', Promise.resolve([1]), 'Promise'],
    ['bytes', new Uint8Array(3), 'Uint8Array'],
  ])('throws at once for %s', (_, source, word) => {
    expect(() => synapseToonStream(source as never)).toThrow(InvalidSourceError)
    expect(() => synapseToonStream(source as never)).toThrow(word)
  })

  it('is a 500 without our words when a function returns it', async () => {
    const response = await synapseToonStream(() => 42 as never)
    expect(response.status).toBe(500)
    expect(await refusalOf(response)).toEqual({ error: 'Stream failed' })
  })
})

describe('a source of a kind that only looks wrong', () => {
  it('is an iterable of promises, which are waited for', async () => {
    const { payloads } = await collect(synapseToonStream([Promise.resolve(1), 2]))
    expect(payloads).toEqual([1, 2])
  })

  it('is an iterable that has a streamId of its own', async () => {
    const source = Object.assign([1, 2], { streamId: 'mine' })
    const { payloads } = await collect(synapseToonStream(source))
    expect(payloads).toEqual([1, 2])
  })
})

describe('a transform that fails', () => {
  it('before the first payload is a 500', async () => {
    const response = await synapseToonStream([1], () => {
      throw new Error('boom at /srv/app.ts')
    })
    expect(response.status).toBe(500)
    expect(await response.text()).toBe('{"error":"Stream failed"}')
  })

  it('after it is one error frame, and the source is let go', async () => {
    let released = false
    async function* source() {
      try {
        yield 1
        yield 2
        yield 3
      } finally {
        released = true
      }
    }
    const response = await synapseToonStream(source(), async (n) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (n === 2) throw new Error('boom')
      return { n }
    })
    const { payloads, end } = await collect(response)
    expect(payloads).toEqual([{ n: 1 }])
    expect(end).toEqual({
      event: 'error',
      data: { code: 'source-error', message: 'Stream failed', retryable: false },
    })
    expect(released).toBe(true)
  })

  it('is an option error when it is no function', () => {
    expect(() => synapseToonStream([1], 'delta' as never)).toThrow(InvalidOptionError)
  })
})

describe('a payload that JSON cannot hold', () => {
  const cycle: Record<string, unknown> = { name: 'a' }
  cycle.self = { back: [cycle] }
  it.each([
    ['a BigInt', { usage: { tokens: 5n } }, 'payload.usage.tokens is the BigInt 5n'],
    ['a cycle', cycle, 'payload.self.back[0] refers back'],
    ['bytes', new Uint8Array(2), 'Uint8Array'],
    ['a function', () => 1, 'function'],
    ['a symbol', Symbol('x'), 'Symbol(x)'],
  ])(
    '(%s) ends the stream, and the observer is told where and what to do',
    async (_, payload, words) => {
      const errors: unknown[] = []
      const toon = createSynapseToon({ observer: { ended: ({ error }) => errors.push(error) } })
      const { end } = await collect(
        toon.stream([{ ok: 1 }, { bad: 1 }], {
          transform: (chunk) => ('ok' in chunk ? chunk : payload),
        }),
      )
      expect(end?.data.code).toBe('source-error')
      expect(String(errors[0])).toContain(words)
      expect(errors[0]).toMatchObject({ code: 'ERR_SYNAPSE_PAYLOAD' })
    },
  )
})

describe('an option that cannot be', () => {
  it.each([
    [{ maxBufferSize: -1 }, 'maxBufferSize', '-1', '65536'],
    [{ maxBufferSize: '64k' }, 'maxBufferSize', '"64k"', 'whole number'],
    [{ heartbeat: Number.NaN }, 'heartbeat', 'NaN', '0 switches it off'],
    [{ deadlines: { idle: 1.5 } }, 'deadlines.idle', '1.5', '0 switches it off'],
    [{ deadlines: { first: 1 } }, 'deadlines', '"first"', 'firstChunk'],
    [{ slowClient: 'drop' }, 'slowClient', '"drop"', 'wait, merge, disconnect'],
    [{ onDisconnect: true }, 'onDisconnect', 'true', 'cancel, continue'],
    [{ maxBufferSise: 1 }, 'one of', '"maxBufferSise"', 'maxBufferSize'],
    [{ fallbackStatus: 99 }, 'fallbackStatus', '99', '200 to 599'],
    [{ principal: '' }, 'principal', '""', 'not empty'],
  ])('%j is refused before anything is sent', (options, ...words) => {
    for (const make of [
      () => createSynapseToon(options as never),
      () => createSynapseToon().stream([1], options as never),
    ]) {
      expect(make).toThrow(InvalidOptionError)
      for (const word of words) expect(make).toThrow(word)
    }
  })

  it('is a request or response that is none', () => {
    const toon = createSynapseToon()
    expect(() => toon.pipe([1], { req: {}, res: {} } as never)).toThrow('req must be the request')
  })
})
