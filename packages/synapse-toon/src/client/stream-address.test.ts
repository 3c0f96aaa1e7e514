import { describe, expect, it } from 'vitest'
import { streamAddress } from './stream-address.ts'

const ASKED = 'https://a.example/chat?x=1'

function address(location: string | undefined, url = ASKED): string | undefined {
  const headers: Record<string, string> =
    location === undefined ? {} : { 'Content-Location': location }
  return streamAddress(new Response('', { headers }), url)
}

describe('streamAddress', () => {
  it.each([
    ['/streams/1', 'https://a.example/streams/1'],
    ['streams/1', 'https://a.example/streams/1'],
    ['?id=1', 'https://a.example/chat?id=1'],
    ['https://a.example/s', 'https://a.example/s'],
    ['https://a.example:443/s', 'https://a.example/s'],
  ])('resolves %j by the address that was asked', (location, url) => {
    expect(address(location)).toBe(url)
  })

  it.each([
    undefined,
    '',
    'https://b.example/s',
    'http://a.example/s',
    'https://a.example:444/s',
    '//b.example/s',
    '\\\\b.example/s',
    'https://a.example@b.example/s',
    'javascript:alert(1)',
    'data:text/event-stream,x',
    'https://',
  ])('is undefined for %j: another origin is none of our headers’ business', (location) => {
    expect(address(location)).toBeUndefined()
  })

  it('prefers the address that answered, after redirects', () => {
    const response = new Response('', { headers: { 'Content-Location': '/s' } })
    Object.defineProperty(response, 'url', { value: 'https://c.example/moved' })
    expect(streamAddress(response, ASKED)).toBe('https://c.example/s')
  })

  it('is undefined where no base is known', () => {
    expect(address('/streams/1', '/chat')).toBeUndefined()
  })
})
