import { describe, expect, it } from 'vitest'
import { type NodeRequest, viewNodeRequest, viewWebRequest } from './request-view.ts'

const node = (fields: object) =>
  ({ method: 'GET', httpVersion: '1.1', headers: {}, url: '/', ...fields }) as NodeRequest

const urls: [url: string, name: string, value: string | undefined][] = [
  ['/chat', 'encoding', undefined],
  ['/chat?', 'encoding', undefined],
  ['/chat?encoding=toon', 'encoding', 'toon'],
  ['/chat?a=1&encoding=toon&b=2', 'encoding', 'toon'],
  ['/chat?encoding=toon&encoding=br', 'encoding', 'toon'],
  ['/chat?encoding=', 'encoding', ''],
  ['/chat?encoding', 'encoding', ''],
  ['/chat?lastEventId=a%20b%2Bc', 'lastEventId', 'a b+c'],
  ['/chat?q=a?encoding=br', 'encoding', undefined],
  ['/chat?Encoding=br', 'encoding', undefined],
  ['/chat?encoding=%E0%A4%A', 'encoding', '\uFFFD%A'],
]

describe('viewNodeRequest', () => {
  it.each(urls)('finds in %s the parameter %s: %s', (url, name, value) => {
    expect(viewNodeRequest(node({ url })).query(name)).toBe(value)
  })

  it('finds no parameter in a request without an address', () => {
    expect(viewNodeRequest(node({ url: undefined })).query('encoding')).toBeUndefined()
  })

  it('finds headers by their lower-case names, and joins lists', () => {
    const view = viewNodeRequest(node({ headers: { accept: 'a/b', 'set-cookie': ['a=1', 'b=2'] } }))
    expect(view.header('accept')).toBe('a/b')
    expect(view.header('set-cookie')).toBe('a=1, b=2')
    expect(view.header('origin')).toBeUndefined()
  })

  it('has the method, GET where there is none', () => {
    expect(viewNodeRequest(node({ method: 'POST' })).method).toBe('POST')
    expect(viewNodeRequest(node({ method: undefined })).method).toBe('GET')
  })

  it.each([
    ['1.1', undefined, true],
    ['1.1', 'keep-alive', true],
    ['1.1', 'close', false],
    ['1.1', 'Close, TE', false],
    ['1.0', undefined, false],
    ['2.0', undefined, false],
  ])(
    'says of HTTP/%s with Connection: %s whether the line is kept: %s',
    (httpVersion, connection, kept) => {
      const headers = connection === undefined ? {} : { connection }
      expect(viewNodeRequest(node({ httpVersion, headers })).keepAlive).toBe(kept)
    },
  )
})

describe('viewWebRequest', () => {
  it.each(urls)('finds in %s the parameter %s: %s', (url, name, value) => {
    const request = new Request(`http://localhost${url}`)
    expect(viewWebRequest(request).query(name)).toBe(value)
  })

  it('finds headers in any case, and joins lists', () => {
    const headers = new Headers({ Accept: 'a/b' })
    headers.append('Accept', 'c/d')
    const view = viewWebRequest(new Request('http://localhost/', { method: 'POST', headers }))
    expect(view.header('accept')).toBe('a/b, c/d')
    expect(view.header('origin')).toBeUndefined()
    expect(view.method).toBe('POST')
  })

  it('is a GET that asks for nothing where there is no request', () => {
    const view = viewWebRequest(undefined)
    expect(view.method).toBe('GET')
    expect(view.header('accept')).toBeUndefined()
    expect(view.query('encoding')).toBeUndefined()
  })
})
