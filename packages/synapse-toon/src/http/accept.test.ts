import { describe, expect, it } from 'vitest'
import { ACCEPTABLE, type AnswerFormat, negotiateFormat } from './accept.ts'

describe('negotiateFormat', () => {
  // What clients send when nobody tells them what to send.
  it.each<[string, string | undefined, AnswerFormat]>([
    ['EventSource', 'text/event-stream', 'stream'],
    ['fetch', '*/*', 'stream'],
    ['curl', '*/*', 'stream'],
    ['axios', 'application/json, text/plain, */*', 'json'],
    [
      'a browser that opens a page',
      'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
      'stream',
    ],
    ['the OpenAI and Anthropic SDKs', 'application/json', 'json'],
    ['Python requests', '*/*', 'stream'],
    ['a client without the header', undefined, 'stream'],
    ['a client with an empty one', '', 'stream'],
    ['a client with a blank one', '  ', 'stream'],
  ])('answers %s', (_client, accept, format) => {
    expect(negotiateFormat(accept)).toBe(format)
  })

  it.each<[string, AnswerFormat]>([
    ['application/json', 'json'],
    ['application/x-synapse-toon', 'toon'],
    ['text/event-stream, application/json', 'stream'],
    ['application/json, text/event-stream', 'stream'],
    ['application/x-synapse-toon, application/json', 'json'],
    // The highest quality first.
    ['text/event-stream;q=0.5, application/json', 'json'],
    ['text/event-stream;q=0.5, application/json;q=0.6, application/x-synapse-toon;q=0.7', 'toon'],
    ['text/event-stream;q=0.001, application/json;q=0', 'stream'],
    ['application/json;q=0.9, */*;q=0.8', 'json'],
    ['application/json;q=0.8, */*;q=0.9', 'stream'],
    // Then the one that was named over one that a wildcard covers.
    ['application/json, */*', 'json'],
    ['application/x-synapse-toon, */*', 'toon'],
    ['application/*, */*', 'json'],
    ['text/*, application/json', 'json'],
    ['text/*, application/*', 'stream'],
    // A wildcard of one type.
    ['text/*', 'stream'],
    ['application/*', 'json'],
    ['application/*;q=0.5, text/*;q=0.4', 'json'],
    // The most precise range decides of a type, whatever wider ones say.
    ['text/event-stream;q=0, */*', 'json'],
    ['text/*;q=0, */*', 'json'],
    ['*/*, application/json;q=0, text/*;q=0.1', 'toon'],
    ['application/*;q=0, */*;q=0.1', 'stream'],
    ['text/event-stream, text/*;q=0, */*;q=0', 'stream'],
    // Spaces, cases and parameters.
    ['  application/json  ;  q=0.9 , text/plain', 'json'],
    ['APPLICATION/JSON', 'json'],
    ['text/event-stream;Q=0.1, application/json;Q=0.2', 'json'],
    ['text/event-stream;charset=utf-8', 'stream'],
    ['application/json;charset=utf-8;q=0.3, text/event-stream;q=0.2', 'json'],
    ['application/json;q=1.000', 'json'],
    [', application/json ,,', 'json'],
    // A range that can not be read is left out, and not the whole header.
    ['application/json;q=high, text/event-stream;q=0.1', 'stream'],
    ['application/json;q=, text/event-stream', 'stream'],
    ['application/json;q=2, text/event-stream;q=0.1', 'stream'],
    ['application/json;q=-1, text/event-stream;q=0.1', 'stream'],
    ['json, %&/, text/event-stream', 'stream'],
    ['/, ;q=1, application/json', 'json'],
  ])('chooses for %s: %s', (accept, format) => {
    expect(negotiateFormat(accept)).toBe(format)
  })

  it.each([
    'text/html',
    'image/*',
    'text/plain, application/xml',
    'text/event-stream;q=0',
    '*/*;q=0',
    'application/json;q=0, text/event-stream;q=0.0, application/x-synapse-toon;q=0.000',
    'garbage',
    '*',
    'application/jsonp',
  ])('finds nothing acceptable in %s', (accept) => {
    expect(negotiateFormat(accept)).toBeUndefined()
  })

  it('chooses only among what is offered, and its first for a client that does not care', () => {
    expect(negotiateFormat('*/*', ['json', 'toon'])).toBe('json')
    expect(negotiateFormat(undefined, ['json', 'toon'])).toBe('json')
    expect(negotiateFormat('text/event-stream, */*;q=0.1', ['json', 'toon'])).toBe('json')
    expect(negotiateFormat('application/x-synapse-toon', ['json', 'toon'])).toBe('toon')
    expect(negotiateFormat('text/event-stream', ['json', 'toon'])).toBeUndefined()
  })

  it('has three media types to name in a refusal', () => {
    expect(ACCEPTABLE).toEqual([
      'text/event-stream',
      'application/json',
      'application/x-synapse-toon',
    ])
  })
})
