import { describe, expect, it } from 'vitest'
import { checkDocument, isVisible } from './document-store.ts'
import type { RagDocument } from './retriever.ts'

const check = (document: unknown) => () => checkDocument(document as RagDocument)

describe('checkDocument', () => {
  it('names the field, the value and the cure', () => {
    expect(check({ id: 'a', text: 7 })).toThrow('text of document "a" must be a string, got 7')
    expect(check({ id: '', text: '' })).toThrow('id must be a string that is not empty')
    expect(check({ id: 'a', text: '', title: null })).toThrow('title of document "a"')
    expect(check({ id: 'a', text: '', metadata: 1 })).toThrow('metadata of document "a"')
    expect(check(null)).toThrow('a document must be an object')
  })

  it('refuses a user id that is there but empty, instead of making the document public', () => {
    for (const userId of [undefined, null, '', 7]) {
      expect(check({ id: 'a', text: '', userId })).toThrow(
        'leave the key out for a public document',
      )
    }
  })

  it('copies, so that nobody changes the owner afterwards', () => {
    const document = { id: 'a', text: '', userId: 'ada', metadata: { lang: 'en' } }
    const kept = checkDocument(document)
    document.userId = 'bob'
    document.metadata.lang = 'de'
    expect(kept).toEqual({ id: 'a', text: '', userId: 'ada', metadata: { lang: 'en' } })
  })
})

describe('isVisible', () => {
  it('asks for the owner and all filters', () => {
    const mine = checkDocument({ id: 'a', text: '', userId: 'ada', metadata: { lang: 'en' } })
    expect(isVisible(mine, { userId: 'ada', filters: {} })).toBe(true)
    expect(isVisible(mine, { userId: undefined, filters: {} })).toBe(false)
    expect(isVisible(mine, { userId: 'ada', filters: { lang: ['de', 'en'] } })).toBe(true)
    expect(isVisible(mine, { userId: 'ada', filters: { toString: 'x' } })).toBe(false)
  })
})
