import { describe, expect, it } from 'vitest'
import { urlOf } from './listen.ts'

describe('the address that is printed', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:8787'],
    ['gateway.example', 'http://gateway.example:8787'],
    ['::1', 'http://[::1]:8787'],
    ['0.0.0.0', 'http://localhost:8787'],
    ['::', 'http://localhost:8787'],
  ])('for %s is one that a browser can go to', (host, url) => {
    expect(urlOf(host, 8787)).toBe(url)
  })
})
