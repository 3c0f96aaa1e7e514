import { describe, expect, it } from 'vitest'
import { requestView } from '../../test/request-views.ts'
import { UnknownEncodingError } from '../wire/payload-encoding.ts'
import { readAsk } from './ask.ts'
import { NotAcceptableError } from './http-errors.ts'

const ID = '5f0c7a52-91d3-8e14-b0a6-000000000002'
const OTHER = '5f0c7a52-91d3-8e14-b0a6-000000000001'

describe('readAsk', () => {
  it('asks for a stream of JSON from the start where the request says nothing', () => {
    expect(readAsk(requestView())).toEqual({
      format: 'stream',
      encoding: 'json',
      lastEventId: undefined,
    })
  })

  it.each(['json', 'toon', 'base64', 'br'])(
    'takes the encoding %s from header or query',
    (name) => {
      expect(readAsk(requestView({ 'x-synapse-toon-encoding': name })).encoding).toBe(name)
      expect(readAsk(requestView({}, { encoding: name })).encoding).toBe(name)
    },
  )

  it('takes the header over the query', () => {
    const headers = { 'x-synapse-toon-encoding': 'toon', 'last-event-id': ID }
    expect(readAsk(requestView(headers, { encoding: 'br', lastEventId: OTHER }))).toMatchObject({
      encoding: 'toon',
      lastEventId: ID,
    })
  })

  it.each(['gzip', 'JSON', '', ' json', 'json, toon', 'constructor'])(
    'rejects the encoding %j and lists the known ones',
    (name) => {
      const call = () => readAsk(requestView({}, { encoding: name }))
      expect(call).toThrow(UnknownEncodingError)
      expect(call).toThrow('encoding must be one of json, toon, base64, br')
    },
  )

  it('takes the last event id from header or query, whatever it looks like', () => {
    expect(readAsk(requestView({ 'last-event-id': 'anything' })).lastEventId).toBe('anything')
    expect(readAsk(requestView({}, { lastEventId: ID })).lastEventId).toBe(ID)
  })

  it('takes an empty last event id for none [spec §9.2.4], also beside a query', () => {
    expect(readAsk(requestView({ 'last-event-id': '' })).lastEventId).toBeUndefined()
    expect(readAsk(requestView({}, { lastEventId: '' })).lastEventId).toBeUndefined()
    const both = requestView({ 'last-event-id': '' }, { lastEventId: ID })
    expect(readAsk(both).lastEventId).toBeUndefined()
  })

  it('takes the format from Accept', () => {
    expect(readAsk(requestView({ accept: 'application/json' })).format).toBe('json')
  })

  it('refuses an Accept that allows nothing we have, and names what we have', () => {
    const call = () => readAsk(requestView({ accept: 'text/html' }))
    expect(call).toThrow(NotAcceptableError)
    expect(call).toThrow(
      'Accept must allow one of text/event-stream, application/json, application/x-synapse-toon, got "text/html"',
    )
    expect(call).toThrow(expect.objectContaining({ status: 406 }))
  })
})
