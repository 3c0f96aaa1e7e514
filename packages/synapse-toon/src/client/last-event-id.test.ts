import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastEventIdHeader } from './last-event-id.ts'

describe('lastEventIdHeader', () => {
  it('leaves ASCII as it is', () => {
    expect(lastEventIdHeader('5f0c7a52-91d3-8e14-b0a6-00000000002a')).toBe(
      '5f0c7a52-91d3-8e14-b0a6-00000000002a',
    )
  })

  it('is the UTF-8 of any id, and goes through Headers unchanged', () => {
    const id = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\0\r\n]/g, '').trim())
    fc.assert(
      fc.property(id, (text) => {
        const headers = new Headers({ 'Last-Event-ID': lastEventIdHeader(text) })
        const sent = Buffer.from(headers.get('last-event-id')!, 'latin1').toString('utf8')
        expect(sent.trim()).toBe(text)
      }),
    )
  })
})
