import { describe, expect, it } from 'vitest'
import { wantsDocument } from './wants-document.ts'

describe('a document is wanted', () => {
  it.each([
    'application/json',
    'application/x-synapse-toon',
    'Application/JSON; charset=utf-8',
    'application/json, text/plain, */*',
    'application/json;q=0.5',
    'text/event-stream;q=0, application/json',
  ])('by %s', (accept) => {
    expect(wantsDocument(accept)).toBe(true)
  })
})

describe('a stream is wanted', () => {
  it.each([
    undefined,
    '',
    '*/*',
    'text/*',
    'text/event-stream',
    'text/event-stream, application/json',
    'application/json;q=0, */*',
    'application/json;q=0.000, */*',
  ])('by %s', (accept) => {
    expect(wantsDocument(accept)).toBe(false)
  })
})
